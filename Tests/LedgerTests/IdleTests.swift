import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// What reaches the database in a minute in which nothing happens, by the server's own count.
struct IdleTests {
  @Test(arguments: [5, 10_000])
  func atMostFiveStatementsASecondHoweverManyUsers(_ count: Int) async throws {
    let server = try await PrivateDatabase.start()
    let fixture = try await LedgerFixture.make(connections: 4, on: server)
    let users = (1...count).map { "user \($0)" }
    try await fixture.ledger.prepare()
    try await fixture.ledger.serve(users)
    try await fixture.reconcile(users, terms: .init(points: 10, intervalMilliseconds: 60_000))
    try await minute(fixture, users)
    let before = try await questions(server)
    try await minute(fixture, users)
    // One is the question itself.
    let asked = try await questions(server) - before - 1
    #expect(asked <= 5 * 60, "\(asked) statements in a minute")
    #expect(asked >= 60)
  }

  /// What the supervisor asks for in a minute (`SupervisorTests.IdleTests`), and two ticks.
  private func minute(_ fixture: LedgerFixture, _ users: [String]) async throws {
    for second in 0..<60 {
      #expect(await fixture.ledger.health() == .available)
      _ = try await fixture.ledger.digest()
      if second % 5 == 0 { #expect(try await fixture.ledger.repairProtection() == []) }
      if second % 30 == 0 { _ = try await fixture.tick(60_000) }
    }
    #expect(try await fixture.ledger.snapshot(of: users).rows.count == users.count)
  }

  private func questions(_ server: PrivateDatabase) async throws -> Int {
    let shown = try await server.asOperator { session in
      try session.query(
        "SHOW GLOBAL STATUS LIKE 'Questions'", row: { try $0.text(1) })
    }
    return try #require(shown.first.flatMap { Int($0) })
  }
}
