import Foundation
import Glibc
import MariaDB
import TestSupport
import Testing

/// Several daemons on one database, and users that no daemon serves any more.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SharedDatabaseTests {
  private func daemon(
    _ database: PrivateDatabase, _ instance: String, _ users: [String], isShared: Bool = true
  ) throws -> Daemon {
    guard case .socket(let path) = database.settings.endpoint else { throw TestFault("no socket") }
    let password = "\(database.folder)/password"
    try TemporaryFolder.write(database.settings.password ?? "", to: password)
    chmod(password, 0o600)
    return try Daemon(
      .init(
        users: users, intervalSeconds: 0.2,
        extra: [
          "instance": instance,
          "database": [
            "hosts": [path], "user": database.settings.user, "passwordFile": password,
            "shared": isShared,
          ],
        ]))
  }

  private func pointsctl(_ daemon: Daemon, _ arguments: String...) throws -> Finished {
    try run(Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket] + arguments)
  }

  @Test func twoThatAreMeantShareALedgerAndOneIsForgotten() async throws {
    let database = try await PrivateDatabase.start()
    let north = try daemon(database, "north", ["Afif", "Syahmi"])
    let south = try daemon(database, "south", ["Faiz", "Zoe"])
    try await north.start()
    try await south.start()
    let alone = try daemon(database, "east", ["Irfan"], isShared: false)
    try await alone.start(waiting: false)
    for daemon in [north, south] {
      try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 >= 50 } }
      #expect(try daemon.differences() == [])
    }
    #expect(Set(try north.points().keys) == ["Afif", "Syahmi"])
    #expect(try pointsctl(north, "forget", "south").status == 65)

    // A clean stop closes no run of the other's; a kill leaves its own open.
    #expect(try await north.stop() == 0)
    let before = try south.points()["Faiz"] ?? 0
    try await eventually("the other earns on") { (try south.points()["Faiz"] ?? 0) > before + 20 }
    try await north.start()
    south.kill()
    try await database.asOperator { session in
      try session.executeText(
        "UPDATE network_project.served SET seen_at = NOW(3) - INTERVAL 1 DAY WHERE instance = 'south'"
      )
    }
    try await eventually("the lost one is named") {
      // A turn finds it; a change makes one.
      _ = try north.control("/api/users/Afif/resume", method: "POST", body: "{}")
      return try pointsctl(north, "ps").errors.contains("pointsctl forget 'south'")
    }
    #expect(north.log.components(separatedBy: "the instance south was not seen").count == 2)
    #expect(try pointsctl(north, "verify").output.contains("the instance south was not seen"))
    var forgotten = Finished(output: "", errors: "", status: -1)
    try await eventually("its lock is free") {
      forgotten = try pointsctl(north, "forget", "south", "--reason", "it burnt down")
      return forgotten.status == 0
    }
    #expect(forgotten.output == "south is forgotten; nobody serves any more: Faiz, Zoe\n")
    #expect(try pointsctl(north, "ps").errors == "")
    let audit = try pointsctl(north, "audit", "--limit", "5").output
    #expect(audit.contains("forget") && audit.contains("instance south: it burnt down"), "\(audit)")
    let open = try await database.asOperator { session in
      try session.query(
        "SELECT user FROM network_project.runs WHERE is_open = 1 ORDER BY user",
        row: { try $0.text(0) })
    }
    #expect(open == ["Afif", "Syahmi"])
    #expect(try north.differences() == [])

    // Who comes back serves its users again.
    try await south.start()
    try await eventually("they earn again") { try pointsctl(south, "verify").status == 0 }
    #expect(alone.log.contains("set database.shared for both"), "\(alone.log)")
    alone.kill()
    #expect(try await south.stop() == 0)
    #expect(try await north.stop() == 0)
    try await database.stop()
  }

  /// The user's row is locked when the daemon comes back: named, and closed when the lock is gone.
  @Test func whoWasTakenOutWhileTheDaemonWasDeadIsClosed() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    daemon.kill()
    let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    let shell = try await Connection.open(
      ConnectionSettings(
        endpoint: .socket(daemon.directory + "/mariadb/mariadbd.sock"), user: name,
        database: "network_project"))
    try await shell.run { session in
      try session.executeText("BEGIN")
      try session.executeText("SELECT * FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    func isOpen() throws -> Bool {
      try daemon.sql("SELECT COUNT(*) FROM runs WHERE user = 'Faiz' AND is_open = 1") == "1\n"
    }
    daemon.options.users.removeLast()
    try daemon.writeConfiguration(users: daemon.options.users)
    try await daemon.start()
    try await eventually("it is named") {
      daemon.log.contains("Faiz stays as it is in the ledger for now")
    }
    #expect(try isOpen())
    await shell.close()
    try await eventually("its run is closed") { try !isOpen() }
    #expect(daemon.log.contains("the run of Faiz was closed: no daemon serves the user any more"))
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }
}
