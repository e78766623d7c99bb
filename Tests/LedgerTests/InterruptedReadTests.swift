import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// A read that nobody waits for any longer ends at once, whatever the server does.
@Suite(.timeLimit(.minutes(1))) struct InterruptedReadTests {
  private enum Kind: CaseIterable {
    case history
    case longHistory
    case operations
    case audit
    case snapshot
    case verify
  }

  @Test(arguments: Kind.allCases) private func endsWithItsTask(_ kind: Kind) async throws {
    let server = try await PrivateDatabase.start()
    var settings = try await server.schema()
    // Longer than the test may take: nothing but the cancellation ends the read.
    settings.readTimeoutSeconds = 600
    settings.statementTimeoutSeconds = 0
    let pool = ConnectionPool(settings: settings, size: 1)
    let ledger = Ledger(
      pool: pool, settings: settings, maximumCatchUpSeconds: 60,
      logger: LedgerFixture.quietLogger)
    try await Schema.prepare(settings, logger: LedgerFixture.quietLogger)
    try await read(kind, ledger)
    try server.suspend()
    let reading = Task { try await self.read(kind, ledger) }
    while await pool.status.busy == 0 { await Task.yield() }
    reading.cancel()
    await #expect(throws: (any Error).self) { try await reading.value }
    server.resume()
    // Nothing is left behind: the next one takes another connection.
    try await read(kind, ledger)
  }

  private func read(_ kind: Kind, _ ledger: Ledger) async throws {
    let year = HistoryRange.span(
      from: DateTimeStamp(secondsSinceEpoch: 0),
      to: DateTimeStamp(secondsSinceEpoch: 365 * 86_400), points: 10)
    switch kind {
    case .history: _ = try await ledger.history(of: "Afif", range: .updates(20))
    case .longHistory: _ = try await ledger.history(of: "Afif", range: year)
    case .operations: _ = try await ledger.operations(.latest(1))
    case .audit: _ = try await ledger.audit(AuditSelection(limit: 10))
    case .snapshot: _ = try await ledger.snapshot(of: ["Afif"])
    case .verify: _ = try await ledger.verify([])
    }
  }
}
