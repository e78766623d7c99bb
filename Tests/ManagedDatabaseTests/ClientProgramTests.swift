import Glibc
import ManagedDatabase
import MariaDB
import TestSupport
import Testing

/// MariaDB's own client programs are held to what the daemon holds itself to.
@Suite("Client programs", .serialized)
struct ClientProgramTests {
  private static let password = #"pass "word" \ #1"#

  /// Runs a client program by the option file that `ClientPrograms` gives.
  private func run(
    _ program: String, _ settings: ConnectionSettings
  ) async throws -> (ending: ChildProcess.Ending, said: String) {
    let folder = try TestFolder()
    let clients = try ClientPrograms()
    let options = try folder.write("options", try clients.optionFile(settings).utf8)
    let arguments = program.hasSuffix("dump") ? ["network_project"] : ["--execute", "SELECT 1"]
    let child = try ChildProcess(
      program, ["--defaults-file=\(options)"] + arguments, log: folder.path + "/log")
    let ending = try await child.ended()
    withExtendedLifetime(clients) {}
    return (ending, TemporaryFolder.text(folder.path + "/log"))
  }

  private static let programs = ["/usr/bin/mariadb-dump", "/usr/bin/mariadb"]

  @Test(arguments: programs, ["mysql_clear_password", "dialog", "caching_sha2_password"])
  func noPasswordForAFalseServer(_ program: String, _ method: String) async throws {
    let server = try FalseServer(.init(change: method, demand: [1, 4]))
    let (ending, _) = try await run(
      program,
      ConnectionSettings(
        endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "the-account",
        password: Self.password))
    #expect(ending != .status(0))
    let bytes = String(decoding: await server.received(), as: UTF8.self)
    #expect(bytes.contains("the-account"))
    #expect(!bytes.contains(Self.password))
  }

  @Test(arguments: programs)
  func nothingForAServerThatIsNotVerified(_ program: String) async throws {
    let server = try FalseServer(.init(change: "mysql_clear_password"))
    let (ending, said) = try await run(
      program,
      ConnectionSettings(
        endpoint: .tcp(host: "127.0.0.1", port: server.port), tls: .system, user: "the-account",
        password: Self.password))
    #expect(ending != .status(0))
    #expect(said.contains("SSL"), "\(said)")
    #expect(await server.received() == [])
  }

  @Test func theVerifiedServerGetsWhatItNeeds() async throws {
    let certificates = try await Certificates()
    let others = try await Certificates()
    let made = try await certificates.make("DNS:localhost")
    let port = try FreePorts.take(1)[0]
    let database = try await PrivateDatabase.start(options: [
      "--skip-networking=0", "--bind-address=127.0.0.1", "--port=\(port)",
      "--ssl-cert=\(made.certificate)", "--ssl-key=\(made.key)",
    ])
    try await database.asOperator { session in
      try session.executeText("CREATE USER pointsd@'127.0.0.1' IDENTIFIED BY 'test' REQUIRE SSL")
      try session.executeText("GRANT ALL ON `network\\_project`.* TO pointsd@'127.0.0.1'")
    }
    var settings = database.settings
    settings.endpoint = .tcp(host: "localhost", port: port)
    for program in Self.programs {
      settings.tls = .authority(certificates.authority)
      let right = try await run(program, settings)
      #expect(right.ending == .status(0), "\(right.said)")
      settings.tls = .authority(others.authority)
      let wrong = try await run(program, settings)
      #expect(wrong.ending != .status(0))
      #expect(wrong.said.contains("certificate"), "\(wrong.said)")
    }
    try await database.stop()
  }

  /// A process that is killed cannot remove its folder: the next one does. One in use stays.
  @Test func foldersOfKilledProcessesAreRemoved() async throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    func folders() -> Set<String> {
      Set(TemporaryFolder.names(in: parent).filter { $0.hasPrefix("pointsd-plugins-") })
    }
    ClientPrograms.removeLeftovers()
    let before = folders()
    let used = try ClientPrograms()
    let ours = folders().subtracting(before)
    let left = parent + "/pointsd-plugins-killed"
    mkdir(left, 0o700)
    symlink("/nowhere", left + "/mysql_native_password.so")
    ClientPrograms.removeLeftovers()
    #expect(folders() == before.union(ours))
    #expect(ours.count == 1)
    withExtendedLifetime(used) {}
  }

  /// A password with what option files take for their own, over a socket.
  @Test func theOptionFileCarriesAnyPassword() async throws {
    let database = try await PrivateDatabase.start()
    let quoted = Self.password.replacing(#"\"#, with: #"\\"#)
    try await database.asOperator { session in
      try session.executeText("CREATE USER other@localhost IDENTIFIED BY '\(quoted)'")
      try session.executeText("GRANT ALL ON `network\\_project`.* TO other@localhost")
    }
    var settings = database.settings
    (settings.user, settings.password) = ("other", Self.password)
    for program in Self.programs {
      let outcome = try await run(program, settings)
      #expect(outcome.ending == .status(0), "\(outcome.said)")
    }
    try await database.stop()
  }
}
