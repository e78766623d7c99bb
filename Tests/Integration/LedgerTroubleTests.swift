import Foundation
import Glibc
import MariaDB
import TestSupport
import Testing

/// What goes wrong in the database is one user's trouble, or nobody's.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LedgerTroubleTests {
  /// A SQL shell of the operating system's user.
  private func shell(_ daemon: Daemon) async throws -> Connection {
    let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    return try await Connection.open(
      ConnectionSettings(
        endpoint: .socket(daemon.directory + "/mariadb/mariadbd.sock"), user: name,
        database: "network_project"))
  }

  private func server(of user: String, _ daemon: Daemon) throws -> [String: Any]? {
    let servers = try daemon.control("/api/servers").json["data"] as? [[String: Any]] ?? []
    return servers.first { $0["user"] as? String == user }
  }

  @Test func aLockedRowIsOneUsersTrouble() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    let shell = try await shell(daemon)
    let locked = try await shell.run { session in
      try session.executeText("START TRANSACTION")
      return try session.query(
        "SELECT points FROM user_tracking WHERE user = 'Faiz' FOR UPDATE",
        row: { try $0.integer(0) }
      ).first ?? 0
    }
    try await eventually("the others earn on") {
      try daemon.points().filter { $0.key != "Faiz" }.values.allSatisfy { $0 >= locked + 50 }
    }
    #expect(try daemon.points()["Faiz"] == Int(locked))
    try await eventually("the one is named") {
      (try server(of: "Faiz", daemon)?["last_error"] as? String)?.contains("locked") == true
    }
    #expect(try server(of: "Irfan", daemon)?["last_error"] is NSNull)
    await shell.close()
    try await eventually("it is caught up") { Set(try daemon.points().values).count == 1 }
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  @Test func theTopOfBigintIsOneUsersTrouble() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    try daemon.sql("UPDATE user_tracking SET points = 9223372036854775800 WHERE user = 'Faiz'")
    try await eventually("the others earn on") {
      try daemon.points().filter { $0.key != "Faiz" }.values.allSatisfy { $0 >= 50 }
    }
    try await eventually("the one is named") {
      (try server(of: "Faiz", daemon)?["last_error"] as? String)?.contains("largest number")
        == true
    }
    #expect(try daemon.points()["Faiz"] == 9_223_372_036_854_775_800)
    #expect(try daemon.control("/api/users/Faiz/reset", method: "POST").status == 200)
    try await eventually("it earns again") {
      try daemon.points()["Faiz"].map { $0 > 0 && $0 < 1_000_000 } ?? false
    }
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// The daemon works through a proxy that loses 30 % of the replies to what commits.
  @Test func lostRepliesCountOnce() async throws {
    let database = try await PrivateDatabase.start()
    let proxy = try CommitDroppingProxy(before: database.settings, percent: 30, seed: 7)
    guard case .socket(let path) = proxy.settings.endpoint else { return }
    let password = "\(database.folder)/password"
    try TemporaryFolder.write(proxy.settings.password ?? "", to: password)
    chmod(password, 0o600)
    let daemon = try Daemon(
      .init(
        intervalSeconds: 0.2,
        extra: [
          "database": [
            "hosts": [path], "user": proxy.settings.user, "passwordFile": password,
          ]
        ]))
    try await daemon.start()
    for round in 0..<20 {
      for change in ["pause", "resume", "adjust"] {
        let body = change == "adjust" ? "{\"delta\":7,\"reason\":\"round \(round)\"}" : "{}"
        try await eventually("\(change) is made") {
          try daemon.control("/api/users/Afif/\(change)", method: "POST", body: body).status == 200
        }
      }
    }
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 >= 300 } }
    #expect(proxy.dropped > 10)
    try await eventually("the ledger adds up") { try daemon.differences() == [] }
    // The four who were left alone have what the slots say.
    let runs = try await database.asOperator { session in
      try session.query(
        """
        SELECT COUNT(*), CAST(SUM(points = (last_slot - first_slot) * 10) AS SIGNED) \
        FROM network_project.runs JOIN network_project.user_tracking USING (user) \
        WHERE user <> 'Afif'
        """, row: { [try $0.integer(0), try $0.integer(1)] })
    }
    #expect(runs == [[4, 4]])
    try await daemon.stop()
    try await database.stop()
  }
}
