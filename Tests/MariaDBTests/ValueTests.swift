import MariaDB
import TestSupport
import Testing

@Suite("Values, both ways")
struct ValueTests {
  /// A connection to an empty schema.
  private func connect() async throws -> Connection {
    try await Connection.open(await PrivateDatabase.shared().schema())
  }

  @Test func integersAtTheEndsOfTheirRanges() async throws {
    let connection = try await connect()
    let rows = try await connection.run { session in
      try session.executeText(
        "CREATE TABLE t (id INT, a TINYINT, b SMALLINT, c MEDIUMINT, d INT, e BIGINT, f BIGINT UNSIGNED, y YEAR)"
      )
      try session.execute(
        "INSERT INTO t VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
        [
          -128, -32_768, -8_388_608, .integer(Int64(Int32.min)), .integer(.min), .unsigned(.max),
          2026,
        ])
      try session.execute(
        "INSERT INTO t VALUES (2, ?, ?, ?, ?, ?, ?, ?)",
        [127, 32_767, 8_388_607, .integer(Int64(Int32.max)), .integer(.max), .integer(7), 1999])
      return try session.query("SELECT a, b, c, d, e, f, y FROM t ORDER BY id") { row in
        (try (0..<5).map { try row.integer($0) } + [try row.integer(6)], try row.unsigned(5))
      }
    }
    #expect(rows[0].0 == [-128, -32_768, -8_388_608, Int64(Int32.min), .min, 2026])
    #expect(rows[0].1 == .max)
    #expect(rows[1].0 == [127, 32_767, 8_388_607, Int64(Int32.max), .max, 1999])
    #expect(rows[1].1 == 7)
    await connection.close()
  }

  @Test func textBytesAndNull() async throws {
    let connection = try await connect()
    let long = String(repeating: "é🙂", count: 5000)
    try await connection.run { session in
      try session.executeText(
        "CREATE TABLE t (id INT, name VARCHAR(100), body LONGTEXT, bytes BLOB, amount DECIMAL(10,2))"
      )
      for (id, text) in [(1, long), (2, ""), (3, "Robert'); DROP TABLE t; --"), (4, "a\0b")] {
        try session.execute(
          "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
          [.integer(Int64(id)), "🙂", .text(text), .bytes([0, 255, 1]), "12.50"])
      }
      try session.execute("INSERT INTO t VALUES (5, NULL, ?, ?, ?)", [nil, nil, nil])

      let rows = try session.query("SELECT name, body, bytes, amount FROM t ORDER BY id") { row in
        let bytes = try row.withBytes(2) { $0.map(Array.init) }
        return (try row.optionalText(0), try row.optionalText(1), bytes, try row.optionalText(3))
      }
      #expect(rows.map(\.0) == ["🙂", "🙂", "🙂", "🙂", nil])
      #expect(rows.map(\.1) == [long, "", "Robert'); DROP TABLE t; --", "a\0b", nil])
      #expect(rows.map(\.2) == [[0, 255, 1], [0, 255, 1], [0, 255, 1], [0, 255, 1], nil])
      #expect(rows.map(\.3) == ["12.50", "12.50", "12.50", "12.50", nil])
    }
    await connection.close()
  }

  @Test func longValuesInSeveralColumnsAndRows() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.executeText("CREATE TABLE t (id INT, a MEDIUMTEXT, b MEDIUMTEXT)")
      let sizes = [10, 3000, 5, 100_000, 1]
      for (id, size) in sizes.enumerated() {
        try session.execute(
          "INSERT INTO t VALUES (?, REPEAT('x', ?), REPEAT('y', ?))",
          [.integer(Int64(id)), .integer(Int64(size)), .integer(Int64(size * 2))])
      }
      let rows = try session.query("SELECT a, b FROM t ORDER BY id") { row in
        (try row.text(0), try row.text(1))
      }
      #expect(rows.map(\.0) == sizes.map { String(repeating: "x", count: $0) })
      #expect(rows.map(\.1) == sizes.map { String(repeating: "y", count: $0 * 2) })
    }
    await connection.close()
  }

  @Test func datesAreInUTC() async throws {
    let connection = try await connect()
    let (stamp, fraction, date) = try await connection.run { session in
      try session.query(
        "SELECT FROM_UNIXTIME(?), CAST(? AS DATETIME(6)), CAST(? AS DATE)",
        [1_768_228_200, "2026-01-12 14:30:00.000123", "2026-01-12"]
      ) { row in
        (try row.optionalDateTime(0), try row.optionalDateTime(1), try row.optionalDateTime(2))
      }[0]
    }
    #expect(stamp?.year == 2026 && stamp?.month == 1 && stamp?.day == 12)
    #expect(stamp?.hour == 14 && stamp?.minute == 30 && stamp?.second == 0)
    #expect(fraction?.microsecond == 123)
    #expect(date?.day == 12 && date?.hour == 0)
    await connection.close()
  }

  @Test func doubles() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.query(
        "SELECT CAST(? AS DOUBLE), CAST(? AS DOUBLE)", [.double(0.1), .double(-1e300)]
      ) { row in
        let numbers = [try row.double(0), try row.double(1)]
        #expect(numbers == [0.1, -1e300])
      }
    }
    await connection.close()
  }

  @Test func parametersMayChangeTheirTypes() async throws {
    let connection = try await connect()
    try await connection.run { session in
      func ask(_ value: Value) throws -> String? {
        try session.query("SELECT CAST(? AS CHAR)", [value]) { try $0.optionalText(0) }[0]
      }
      let long = String(repeating: "z", count: 70_000)
      let values: [Value] = [
        nil, 7, .unsigned(.max), -7, "text", .text(long), nil, .double(1.5), "short",
      ]
      let answers = try values.map(ask)
      #expect(
        answers == [nil, "7", "18446744073709551615", "-7", "text", long, nil, "1.5", "short"])
    }
    await connection.close()
  }

  @Test func aValueOfAnotherTypeIsNamed() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.query(
        "SELECT 'x' AS name, SUM(3) AS total, NULL AS nothing, CAST(-1 AS UNSIGNED) AS big"
      ) { row in
        func message(_ body: () throws -> Void) -> String? {
          do {
            try body()
            return nil
          } catch { return (error as? DatabaseError)?.message }
        }
        #expect(
          message { _ = try row.integer(0) } == "column name is text or bytes, not an integer")
        #expect(
          message { _ = try row.integer(1) }
            == "column total is DECIMAL (given as text: CAST it), not an integer")
        #expect(message { _ = try row.text(2) } == "column nothing is NULL")
        #expect(message { _ = try row.integer(3) }?.contains("18446744073709551615") == true)
        #expect(message { _ = try row.text(4) } == "no column 4 among 4")
        #expect(message { _ = try row.text(-1) } == "no column -1 among 4")
      }
    }
    await connection.close()
  }

  @Test func buffersFollowAnAlteredTable() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.executeText("CREATE TABLE t (points INT, name VARCHAR(10))")
      try session.executeText("INSERT INTO t VALUES (5, 'a')")
      #expect(try session.query("SELECT * FROM t") { try $0.integer(0) } == [5])
      try session.executeText("ALTER TABLE t MODIFY points VARCHAR(40)")
      #expect(try session.query("SELECT * FROM t") { try $0.text(0) } == ["5"])
      try session.executeText("ALTER TABLE t MODIFY points BIGINT UNSIGNED")
      try session.executeText("UPDATE t SET points = 18446744073709551615")
      #expect(try session.query("SELECT * FROM t") { try $0.unsigned(0) } == [.max])
    }
    await connection.close()
  }

  @Test func aColumnMoreIsNoticedAndCostsTheConnectionOnly() async throws {
    let connection = try await connect()
    try await connection.run { session in
      try session.executeText("CREATE TABLE t (n INT)")
      try session.executeText("INSERT INTO t VALUES (5)")
      try session.query("SELECT * FROM t") { _ in }
      try session.executeText("ALTER TABLE t ADD more DATETIME")
      let error = #expect(throws: DatabaseError.self) {
        try session.query("SELECT * FROM t") { _ in }
      }
      #expect(error?.kind == .unknown)
      #expect(session.isBroken)
    }
  }

  @Test func namesThatLookAlikeStayApart() async throws {
    let connection = try await connect()
    try await connection.run { session in
      let equal = try session.query("SELECT ? = ?, ? = ?, ? = ?", ["🙂", "🙃", "a", "A", "a", "a "]) {
        row in try (0..<3).map { try row.integer($0) }
      }
      #expect(equal == [[0, 0, 0]])
    }
    await connection.close()
  }
}
