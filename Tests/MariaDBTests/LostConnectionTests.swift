import Glibc
import MariaDB
import TestSupport
import Testing

@Suite("Lost connections", .serialized)
struct LostConnectionTests {
  private func failure(_ body: () async throws -> Void) async throws -> DatabaseError {
    do {
      try await body()
    } catch let error as DatabaseError {
      return error
    }
    throw TestFault("no error was thrown")
  }

  @Test func theServerIsKilledInTheMiddleOfAStatement() async throws {
    let database = try await PrivateDatabase.start()
    let connection = try await Connection.open(database.settings)
    async let lost = failure {
      try await connection.run { _ = try $0.execute("SELECT SLEEP(30)") }
    }
    try await database.waitForStatement("SLEEP")
    try await database.kill()
    let error = try await lost
    #expect([2006, 2013].contains(error.code))
    #expect(error.kind == .unknown)
    #expect(connection.isBroken)
    // It does not come back by itself, and says that nothing was sent.
    try await database.restart()
    let closed = try await failure { try await connection.run { _ = try $0.execute("DO 1") } }
    #expect(closed.kind == .notDone)
    try await database.stop()
  }

  @Test func aStatementBeyondTheReadDeadlineLosesTheConnection() async throws {
    let database = try await PrivateDatabase.shared()
    var settings = database.settings
    settings.readTimeoutSeconds = 1
    settings.statementTimeoutSeconds = 0
    let connection = try await Connection.open(settings)
    let error = try await failure {
      try await connection.run { _ = try $0.execute("SELECT SLEEP(20)") }
    }
    #expect(error.code == 2013)
    #expect(error.kind == .unknown)
    #expect(connection.isBroken)
  }

  @Test func theServerGivesALongStatementUpBeforeTheClientDoes() async throws {
    let database = try await PrivateDatabase.shared()
    var settings = database.settings
    settings.statementTimeoutSeconds = 1
    let connection = try await Connection.open(settings)
    let error = try await failure {
      try await connection.run { _ = try $0.execute(Self.endless) }
    }
    #expect(error.code == 1969)
    #expect(error.kind == .notDone)
    #expect(!connection.isBroken)
    await connection.close()
  }

  @Test func aHungServerIsNoticedByTheReadDeadline() async throws {
    let database = try await PrivateDatabase.start()
    var settings = database.settings
    settings.readTimeoutSeconds = 1
    settings.connectTimeoutSeconds = 1
    let connection = try await Connection.open(settings)
    try database.suspend()
    let error = try await failure { try await connection.run { _ = try $0.execute("DO 1") } }
    #expect(error.code == 2013)
    let refused = try await failure { _ = try await Connection.open(settings) }
    #expect(refused.kind == .notDone)
    database.resume()
    try await Connection.open(settings).close()
    try await database.stop()
  }

  @Test func abortEndsAWaitFromOutside() async throws {
    let database = try await PrivateDatabase.start()
    let connection = try await Connection.open(database.settings)
    async let lost = failure {
      try await connection.run { _ = try $0.execute("SELECT SLEEP(30)") }
    }
    try await database.waitForStatement("SLEEP")
    connection.abort()
    let error = try await lost
    #expect(error.kind == .unknown)
    #expect(connection.isBroken)
    try await database.stop()
  }

  @Test func anAbsentServerIsNotDone() async throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let settings = ConnectionSettings(endpoint: .socket("\(folder)/none"), user: "nobody")
    let error = try await failure { _ = try await Connection.open(settings) }
    #expect(error.code == 2002)
    #expect(error.kind == .notDone)
    #expect(error.message.contains("\(folder)/none"))
  }

  @Test func aWrongPasswordIsNever() async throws {
    var settings = try await PrivateDatabase.shared().settings
    settings.password = "wrong"
    let error = try await failure { [settings] in _ = try await Connection.open(settings) }
    #expect(error.code == 1045)
    #expect(error.kind == .never)
  }

  @Test func theSocketIsNotInheritedByChildren() async throws {
    let database = try await PrivateDatabase.shared()
    let connection = try await Connection.open(database.settings)
    // A connection has the library's descriptor and a duplicate.
    let sockets = (0..<1024).filter { peerPath(of: $0) == database.socket }
    #expect(sockets.count >= 2)
    for socket in sockets { #expect(fcntl(socket, F_GETFD) & FD_CLOEXEC != 0) }
    await connection.close()
  }

  /// The path that a Unix socket is connected to.
  private func peerPath(of descriptor: Int32) -> String? {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let found = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getpeername(descriptor, $0, &length) == 0
      }
    }
    guard found, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
    return withUnsafeBytes(of: &address.sun_path) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  @Test func enqueuedWorkIsAlwaysCalled() async throws {
    let connection = try await Connection.open(await PrivateDatabase.shared().settings)
    let answer = await withCheckedContinuation { continuation in
      connection.enqueue { session in
        continuation.resume(
          returning: Result {
            try session.get().query("SELECT 7") { try $0.integer(0) }
          })
      }
    }
    #expect(try answer.get() == [7])
    await connection.close()
    let refused = await withCheckedContinuation { continuation in
      connection.enqueue { session in
        continuation.resume(returning: session.map { _ in 0 })
      }
    }
    guard case .failure(let error) = refused else {
      throw TestFault("the closed connection answers")
    }
    #expect(error.kind == .notDone)
  }

  /// Counts for hours, unlike SLEEP and BENCHMARK, which end without an error when interrupted.
  private static let endless = """
    SELECT COUNT(*) FROM information_schema.collations a, information_schema.collations b,
      information_schema.collations c, information_schema.collations d
    """
}
