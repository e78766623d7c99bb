import Foundation
import Glibc
import TestSupport
import Testing

/// `make phpmyadmin`, without the part that installs it.
@Suite(
  .serialized, .timeLimit(.minutes(5)),
  .enabled(
    if: ["/usr/bin/php", "/usr/bin/curl", "/usr/share/phpmyadmin/index.php"]
      .allSatisfy { FileManager.default.isReadableFile(atPath: $0) },
    "needs phpMyAdmin, PHP and curl"))
struct PhpMyAdminTests {
  private static let packaging = FileManager.default.currentDirectoryPath + "/packaging"

  /// The script and what it printed.
  private final class Server {
    let process = Process()
    let port: Int
    private let output: String

    init(_ daemon: Daemon) throws {
      port = try FreePorts.take(1)[0]
      output = daemon.directory + "/phpmyadmin"
      // A shell cannot trap what the tests' process ignores.
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "--default-signal", packaging + "/development/database-client", daemon.configurationFile,
        packaging + "/development/phpmyadmin",
      ]
      process.environment = [
        "PHPMYADMIN_PORT": "\(port)", "PATH": "/usr/bin:/bin", "TMPDIR": daemon.directory,
      ]
      _ = FileManager.default.createFile(atPath: output, contents: nil)
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
      process.standardOutput = file
      process.standardError = file
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    var said: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

    /// The processes of PHP's server and its workers.
    var workers: Int {
      let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return numbers.count { number in
        let path = "/proc/\(number)/cmdline"
        return (try? String(contentsOfFile: path, encoding: .utf8))?.contains("127.0.0.1:\(port)\0")
          == true
      }
    }

    func curl(_ arguments: [String], _ path: String) throws -> String {
      try run(
        "/usr/bin/curl",
        ["--silent", "--path-as-is", "--max-time", "20"] + arguments
          + ["http://localhost:\(port)\(path)"]
      ).output
    }

    func status(_ path: String) throws -> String {
      try curl(["--output", "/dev/null", "--write-out", "%{http_code}"], path)
    }
  }

  private func text(_ page: String, between start: String, and end: Character) -> String? {
    page.range(of: start).map { String(page[$0.upperBound...].prefix { $0 != end }) }
  }

  @Test func itListsTheUsersPointsAndEndsWithAllItStarted() async throws {
    let daemon = try Daemon()
    try await daemon.start()
    let server = try Server(daemon)
    try await eventually("it answers: \(server.said)") { try server.status("/") == "200" }
    let password = try #require(text(server.said, between: "password: ", and: "\n"))
    let jar = daemon.directory + "/jar"
    let cookies = ["--location", "--cookie", jar, "--cookie-jar", jar]
    let login = try server.curl(cookies, "/index.php")
    let token = try #require(text(login, between: "name=\"token\" value=\"", and: "\""))
    _ = try server.curl(
      cookies + [
        "--data-urlencode", "pma_username=pointsd_phpmyadmin",
        "--data-urlencode", "pma_password=\(password)", "--data-urlencode", "server=1",
        "--data-urlencode", "token=\(token)",
      ], "/index.php?route=/")
    let page = try server.curl(
      cookies, "/index.php?route=/sql&db=network_project&table=user_tracking&pos=0")
    #expect(page.contains("user_tracking") && page.contains("Hairiel"))
    try expectOnlyPages(server, login)

    #expect(server.workers >= 5)
    server.process.terminate()
    try await eventually("it ends with its workers") {
      !server.process.isRunning && server.workers == 0
    }
    #expect(left(daemon) == [])
    try await daemon.stop()
  }

  private func expectOnlyPages(_ server: Server, _ page: String) throws {
    let style = try #require(text(page, between: "href=\"./themes/", and: "\""))
    #expect(try server.status("/themes/" + style.replacing("&amp;", with: "&")) == "200")
    for path in [
      "/sql/create_tables.sql", "/%73ql/create_tables.sql", "//sql/create_tables.sql",
      "/js/../sql/create_tables.sql", "/js/%2e%2e/sql/create_tables.sql",
      "/./sql/create_tables.sql",
      "/js/..%2fsql/create_tables.sql", "/libraries/vendor_config.php", "/autoload.php",
      "/templates/home/index.twig", "/index.php/x",
    ] {
      #expect(try server.status(path) == "403", "\(path)")
    }
  }

  private func left(_ daemon: Daemon) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: daemon.directory)) ?? [])
      .filter { $0.hasPrefix("pointsd-phpmyadmin") }
  }

  @Test func killedItLeavesNothingBehind() async throws {
    let daemon = try Daemon()
    try await daemon.start()
    let server = try Server(daemon)
    try await eventually("it answers: \(server.said)") { try server.status("/") == "200" }
    Glibc.kill(server.process.processIdentifier, SIGKILL)
    try await eventually("its workers end and its folder goes") {
      server.workers == 0 && left(daemon) == []
    }
    try await daemon.stop()
  }

  @Test func withoutADaemonItSaysHowToStartOne() throws {
    let daemon = try Daemon()
    let server = try Server(daemon)
    server.process.waitUntilExit()
    #expect(server.process.terminationStatus == 69)
    #expect(server.said.contains("is not running; start it with: make run"))
  }
}
