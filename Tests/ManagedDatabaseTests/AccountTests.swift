import Glibc
import ManagedDatabase
import MariaDB
import TestSupport
import Testing

/// Each account reaches the schema it is for, and none that is only called alike: in a grant `_`
/// stands for any character.
@Suite("Accounts")
struct AccountTests {
  private static let alike = [
    "networkXproject", "networkXproject_restore", "network_projectXrestore",
  ]

  /// Makes the schemas that a careless grant would reach.
  private func makeAlike(_ session: Session) throws {
    for name in Self.alike {
      try session.executeText("CREATE DATABASE IF NOT EXISTS \(name)")
      try session.executeText("CREATE TABLE IF NOT EXISTS \(name).t (a INT)")
    }
  }

  /// The schemas of `alike` that an account may read.
  private func reached(_ settings: ConnectionSettings) async throws -> [String] {
    let connection = try await Connection.open(settings)
    let reached = try await connection.run { session in
      try Self.alike.filter { name in
        do {
          try session.execute("SELECT * FROM \(name).t")
          return true
        } catch let error as DatabaseError where [1044, 1142].contains(error.code) {
          return false
        }
      }
    }
    await connection.close()
    return reached
  }

  private func grants(of user: String, _ session: Session) throws -> [String] {
    try session.query("SELECT Db FROM mysql.db WHERE User = ? ORDER BY Db", [.text(user)]) {
      try $0.text(0)
    }
  }

  private static let patterns = [#"network\_project"#]

  private static func grantTooWidely(_ session: Session, to user: String) throws {
    for schema in ["network_project", "network_project_restore"] {
      try session.executeText("GRANT ALL ON \(schema).* TO \(user)@localhost")
    }
  }

  @Test func theManagedAccountReachesItsOwnSchemas() async throws {
    let fixture = try ManagedFixture()
    do {
      let first = try fixture.open()
      let administrator = ConnectionSettings(endpoint: first.settings.endpoint, user: userName)
      try await fixture.running(first) { _ in
        let connection = try await Connection.open(administrator)
        try await connection.run { try makeAlike($0) }
        let made = try await connection.run { try grants(of: ManagedDatabase.account, $0) }
        #expect(made == Self.patterns)
        #expect(try await reached(first.settings) == [])
        // As an earlier version made them.
        try await connection.run { try Self.grantTooWidely($0, to: ManagedDatabase.account) }
        await connection.close()
        #expect(try await reached(first.settings) == Self.alike)
      }
    }
    let second = try fixture.open()
    try await fixture.running(second) { _ in
      #expect(try await reached(second.settings) == [])
      let own = try await fixture.ask(second.settings, "SELECT DATABASE()")
      #expect(own == ["network_project"])
      let connection = try await Connection.open(
        ConnectionSettings(endpoint: second.settings.endpoint, user: userName))
      let repaired = try await connection.run { try grants(of: ManagedDatabase.account, $0) }
      #expect(repaired == Self.patterns)
      await connection.close()
    }
  }

  /// `database create` run again repairs what an earlier version granted, and root's own option
  /// file does not lead it elsewhere.
  @Test func thePackagesAccountReachesItsOwnSchemas() async throws {
    let database = try await PrivateDatabase.start()
    try await database.asOperator { session in
      try makeAlike(session)
      try Self.grantTooWidely(session, to: "pointsd")
    }
    #expect(try await reached(database.settings) == Self.alike)
    for _ in 1...2 {
      let said = try await run("packaging/database", ["create", "--socket=\(database.socket)"])
      #expect(said == "")
      #expect(try await reached(database.settings) == [])
      let repaired = try await database.asOperator { try grants(of: "pointsd", $0) }
      #expect(repaired == Self.patterns)
    }
    try await database.stop()
  }

  /// Where root has a password, an option file can be named.
  @Test func anOptionFileThatIsNamedIsRead() async throws {
    let database = try await PrivateDatabase.shared()
    let folder = try TestFolder()
    let options = try folder.write("options", "[client]\nsocket=\(database.socket)\n".utf8)
    #expect(try await run("packaging/database", ["create", "--defaults-file=\(options)"]) == "")
    let missing = try await run(
      "packaging/database", ["create", "--defaults-file=\(folder.path)/none"])
    #expect(missing.contains("MariaDB does not let root in on its Unix socket"))
  }

  @Test func phpMyAdminsAccountReachesOneSchema() async throws {
    let database = try await PrivateDatabase.start()
    let user = "pointsd_phpmyadmin"
    try await database.asOperator { session in
      try makeAlike(session)
      try session.executeText("CREATE TABLE network_project.user_tracking (a INT)")
      try session.executeText("CREATE USER \(user)@localhost")
      try session.executeText("GRANT SELECT, SHOW VIEW ON network_project.* TO \(user)@localhost")
    }
    let folder = try TestFolder()
    // Once as `make phpmyadmin` calls it, once as the service does.
    for arguments in [["--no-defaults"], []] {
      let said = try await run(
        "packaging/phpmyadmin/account",
        [folder.path, "network_project"] + arguments + ["--socket=\(database.socket)"])
      #expect(said == "")
      var settings = database.settings
      settings.user = user
      settings.password = String(TemporaryFolder.text(folder.path + "/password").dropLast())
      #expect(try await reached(settings) == [])
      let connection = try await Connection.open(settings)
      try await connection.run { _ = try $0.execute("INSERT INTO user_tracking VALUES (1)") }
      await connection.close()
      let repaired = try await database.asOperator { try grants(of: user, $0) }
      #expect(repaired == [#"network\_project"#])
    }
    try await database.stop()
  }

  /// Runs a script of the project as a root whose own option file leads elsewhere.
  /// - Returns: what it printed.
  private func run(_ script: String, _ arguments: [String]) async throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let home = try TestFolder()
    try home.write(
      ".my.cnf",
      "[client]\nhost=192.0.2.1\nuser=nobody\nprotocol=tcp\nsocket=/none\nconnect-timeout=1\n".utf8)
    let child = try ChildProcess(
      "/bin/bash", ["-c", "HOME=\(home.path) exec \"$0\" \"$@\"", "\(root)/\(script)"] + arguments,
      log: home.path + "/log")
    let ending = try await child.ended()
    let said = TemporaryFolder.text(home.path + "/log")
    #expect(ending == .status(0) || !said.isEmpty)
    return said
  }
}
