import MariaDB
import TestSupport
import Testing

@Suite("Lost replies to COMMIT")
struct LostCommitTests {
  @Test func aLostReplyIsAnUnknownOutcomeAndTheWorkWasDone() async throws {
    let database = try await PrivateDatabase.shared()
    let schema = try await database.schema()
    let proxy = try CommitDroppingProxy(before: schema, percent: 100, seed: 1)
    let direct = try await Connection.open(schema)
    try await direct.run { try $0.executeText("CREATE TABLE t (n INT)") }

    let connection = try await Connection.open(proxy.settings)
    let error = await #expect(throws: DatabaseError.self) {
      try await connection.transaction { _ = try $0.execute("INSERT INTO t VALUES (1)") }
    }
    #expect(error?.kind == .unknown)
    #expect(error?.statement == "COMMIT")
    #expect(connection.isBroken)
    let rows = try await direct.run { try $0.query("SELECT n FROM t") { try $0.integer(0) } }
    #expect(rows == [1])
    #expect(proxy.committed == 1)
    #expect(proxy.dropped == 1)

    // A change outside of a transaction commits itself; reading commits nothing.
    let second = try await Connection.open(proxy.settings)
    try await second.run { try $0.query("SELECT n FROM t") { _ in } }
    await #expect(throws: DatabaseError.self) {
      try await second.run { _ = try $0.execute("UPDATE t SET n = 2") }
    }
    #expect(proxy.dropped == 2)
    await direct.close()
  }

  @Test func naiveCountingWithRetriesCountsTwice() async throws {
    let database = try await PrivateDatabase.shared()
    let schema = try await database.schema()
    let direct = try await Connection.open(schema)
    try await direct.run { session in
      try session.executeText("CREATE TABLE t (points INT)")
      try session.executeText("INSERT INTO t VALUES (0)")
    }
    let proxy = try CommitDroppingProxy(before: schema, percent: 30, seed: 1)
    let pool = ConnectionPool(settings: proxy.settings, size: 1)
    let ticks = 100
    for _ in 0..<ticks {
      var isDone = false
      while !isDone {
        do {
          try await pool.transaction { _ = try $0.execute("UPDATE t SET points = points + 1") }
          isDone = true
        } catch let error as DatabaseError {
          // What must not be done with an unknown outcome: try again without looking.
          #expect(error.kind == .unknown)
        }
      }
    }
    let points = try await direct.run { session in
      try session.query("SELECT points FROM t") { try $0.integer(0) }
    }
    #expect(proxy.dropped > 0)
    #expect(points == [Int64(ticks + proxy.dropped)])
    await pool.close()
    await direct.close()
  }
}
