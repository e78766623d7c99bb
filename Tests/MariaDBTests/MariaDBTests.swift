import MariaDB
import TestSupport
import Testing

@Suite struct ConnectionTests {
  @Test func connectsAndAnswers() async throws {
    let database = try await PrivateDatabase.shared()
    let connection = try await Connection.open(database.settings)
    let rows = try await connection.run { session in
      try session.query("SELECT CAST(? AS SIGNED) + 1, ?", [41, "🙂"]) {
        (try $0.integer(0), try $0.text(1))
      }
    }
    #expect(rows.count == 1)
    #expect(rows[0].0 == 42)
    #expect(rows[0].1 == "🙂")
    await connection.close()
  }
}
