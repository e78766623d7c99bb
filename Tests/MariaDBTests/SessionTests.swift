import MariaDB
import TestSupport
import Testing

@Suite("Sessions")
struct SessionTests {
  private func connect() async throws -> Connection {
    try await Connection.open(await PrivateDatabase.shared().schema())
  }

  /// The error that `body` throws.
  private func failure(_ body: () async throws -> Void) async throws -> DatabaseError {
    do {
      try await body()
    } catch let error as DatabaseError {
      return error
    }
    throw TestFault("no error was thrown")
  }

  @Test func aTransactionIsWholeOrNothing() async throws {
    let connection = try await connect()
    try await connection.run { try $0.executeText("CREATE TABLE t (n INT PRIMARY KEY)") }
    struct Refusal: Error {}
    await #expect(throws: Refusal.self) {
      try await connection.transaction { session in
        try session.execute("INSERT INTO t VALUES (?)", [1])
        throw Refusal()
      }
    }
    let changed = try await connection.transaction { session in
      try session.execute("INSERT INTO t VALUES (?), (?)", [2, 3])
    }
    #expect(changed == 2)
    let numbers = try await connection.run { session in
      try session.query("SELECT n FROM t ORDER BY n") { try $0.integer(0) }
    }
    #expect(numbers == [2, 3])
    await connection.close()
  }

  @Test func transactionsAndReadingDoNotNest() async throws {
    let connection = try await connect()
    try await connection.run { session in
      #expect(throws: DatabaseError.self) {
        try session.transaction { try $0.transaction { _ in } }
      }
      var rows = 0
      #expect(throws: DatabaseError.self) {
        try session.query("SELECT 1 UNION SELECT 2 UNION SELECT 3") { _ in
          rows += 1
          try session.execute("DO 1")
        }
      }
      #expect(rows == 1)
      // The connection is none the worse for it.
      #expect(!session.isBroken)
      let answer = try session.query("SELECT 4") { try $0.integer(0) }
      #expect(answer == [4])
    }
    await connection.close()
  }

  @Test func aSnapshotSeesOneMoment() async throws {
    let connection = try await connect()
    let database = try await PrivateDatabase.shared()
    let other = try await Connection.open(database.operatorSettings)
    let schema = try #require(
      await connection.run { try $0.query("SELECT DATABASE()") { try $0.text(0) } }.first)
    try await connection.run { session in
      try session.executeText("CREATE TABLE t (n INT)")
      try session.executeText("INSERT INTO t VALUES (1)")
    }
    let reader = try await Connection.open(database.operatorSettings)
    // Two connections take turns: what one commits in between, the other does not see.
    try await reader.run { try $0.executeText("START TRANSACTION WITH CONSISTENT SNAPSHOT") }
    try await other.run { try $0.executeText("UPDATE \(schema).t SET n = 2") }
    let seen = try await reader.run {
      try $0.query("SELECT n FROM \(schema).t") { try $0.integer(0) }
    }
    #expect(seen == [1])
    let refused = try await failure {
      try await connection.transaction(.snapshot) { _ = try $0.execute("UPDATE t SET n = 3") }
    }
    #expect(refused.code == 1792)
    for connection in [connection, other, reader] { await connection.close() }
  }

  @Test func affectedRowsAreRowsChanged() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.executeText("CREATE TABLE t (n INT, m INT)")
      #expect(try session.execute("INSERT INTO t VALUES (1, 1), (2, 2)") == 2)
      #expect(try session.execute("UPDATE t SET m = 1") == 1)
      #expect(try session.execute("UPDATE t SET m = 1") == 0)
      #expect(try session.execute("SELECT * FROM t") == 0)
      // SIMULTANEOUS_ASSIGNMENT: both sides see the row as it was.
      #expect(try session.execute("UPDATE t SET n = m, m = n") == 1)
      #expect(
        try session.query("SELECT n, m FROM t ORDER BY m") {
          [try $0.integer(0), try $0.integer(1)]
        } == [[1, 1], [1, 2]])
    }
    await connection.close()
  }

  @Test func aScriptWithATrigger() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.executeScript(
        """
        CREATE TABLE t (n INT);
        CREATE TABLE seen (n INT);
        CREATE TRIGGER watch AFTER INSERT ON t FOR EACH ROW BEGIN
          INSERT INTO seen VALUES (NEW.n);
          INSERT INTO seen VALUES (NEW.n + 1);
        END;
        INSERT INTO t VALUES (5);
        SELECT * FROM seen;
        """)
      #expect(try session.query("SELECT n FROM seen ORDER BY n") { try $0.integer(0) } == [5, 6])
    }
    let error = try await failure {
      try await connection.run { try $0.executeScript("DO 1; SELEC 2; DO 3") }
    }
    #expect(error.code == 1064)
    #expect(error.message.hasPrefix("statement 2 of the script: "))
    // Several statements in one text are refused outside of a script.
    let refused = try await failure {
      try await connection.run { try $0.executeText("DO 1; DO 2") }
    }
    #expect(refused.code == 1064)
    await connection.close()
  }

  @Test func preparedStatementsAreKeptAndBounded() async throws {
    let connection = try await connect()
    try await connection.run { session in
      func counts() throws -> (prepared: Int64, closed: Int64) {
        let counts = try session.query(
          """
          SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_close', 'Com_stmt_prepare')
          """
        ) { try Int64($0.text(1)) ?? -1 }
        return (prepared: counts[1], closed: counts[0])
      }
      let before = try counts()
      for _ in 0..<50 { try session.execute("DO 1 + ?", [1]) }
      let after = try counts()
      #expect(after.prepared == before.prepared + 1)
      for number in 0..<200 { try session.execute("DO \(number)") }
      let end = try counts()
      #expect(end.prepared >= 200)
      #expect(end.prepared - end.closed <= 64)
    }
    await connection.close()
  }

  @Test func duplicatesRangesAndSyntax() async throws {
    let connection = try await connect()
    try await connection.run {
      try $0.executeText("CREATE TABLE t (n TINYINT PRIMARY KEY, b BIGINT)")
    }
    try await connection.run { _ = try $0.execute("INSERT INTO t VALUES (1, ?)", [.integer(.max)]) }
    let cases: [(String, Int, DatabaseError.Kind)] = [
      ("INSERT INTO t VALUES (1, 1)", 1062, .alreadyDone),
      ("INSERT INTO t VALUES (300, 1)", 1264, .never),
      ("UPDATE t SET b = b + 1", 1690, .never),
      ("SELEC", 1064, .never),
      ("SELECT * FROM missing", 1146, .never),
    ]
    for (sql, code, kind) in cases {
      let error = try await failure { try await connection.run { _ = try $0.execute(sql) } }
      #expect(error.code == code)
      #expect(error.kind == kind)
      #expect(error.statement == sql)
    }
    #expect(!connection.isBroken)
    let wrongCount = try await failure {
      try await connection.run { _ = try $0.execute("DO ?", [1, 2]) }
    }
    #expect(wrongCount.message == "2 parameters given, 1 wanted")
    await connection.close()
  }

  @Test func aProceduresLaterErrorIsNotLost() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.executeText(
        """
        CREATE PROCEDURE p(fails INT) BEGIN
          SELECT 1, 2;
          SELECT 'three';
          IF fails THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'late'; END IF;
        END
        """)
      try session.execute("CALL p(?)", [0])
      let first = try session.query("CALL p(?)", [0]) { [try $0.integer(0), try $0.integer(1)] }
      #expect(first == [[1, 2]])
      let error = #expect(throws: DatabaseError.self) { try session.execute("CALL p(?)", [1]) }
      #expect(error?.code == 1644)
      try session.execute("CALL p(?)", [0])
    }
    await connection.close()
  }

  @Test func lockWaitAndDeadlock() async throws {
    let settings = try await PrivateDatabase.shared().schema()
    let first = try await Connection.open(settings)
    let second = try await Connection.open(settings)
    try await first.run { session in
      try session.executeText("CREATE TABLE t (n INT PRIMARY KEY, m INT)")
      try session.executeText("INSERT INTO t VALUES (1, 0), (2, 0)")
      try session.executeText("START TRANSACTION")
      try session.execute("UPDATE t SET m = 1 WHERE n = 1")
    }
    let wait = try await failure {
      try await second.run { _ = try $0.execute("UPDATE t SET m = 2 WHERE n = 1") }
    }
    #expect(wait.code == 1205)
    #expect(wait.kind == .notDone)

    // Each holds a row and wants the other's: one of them is chosen and rolled back.
    try await second.run { session in
      try session.executeText("START TRANSACTION")
      try session.execute("UPDATE t SET m = 2 WHERE n = 2")
    }
    async let one = Result {
      try await first.run { try $0.execute("UPDATE t SET m = 1 WHERE n = 2") }
    }
    async let two = Result {
      try await second.run { try $0.execute("UPDATE t SET m = 2 WHERE n = 1") }
    }
    let codes = [await one, await two].compactMap { result -> Int? in
      if case .failure(let error as DatabaseError) = result { error.code } else { nil }
    }
    #expect(codes == [1213])
    await first.close()
    await second.close()
  }
}

extension Result where Failure == any Error {
  /// What an asynchronous closure returns or throws.
  init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
