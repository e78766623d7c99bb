import Logging
import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// A ledger on an empty schema of its own in a real server.
///
/// With one connection, the database's clock can be set for what goes through the pool.
struct LedgerFixture {
  let database: PrivateDatabase
  let settings: ConnectionSettings
  let pool: ConnectionPool
  let ledger: Ledger

  static let terms = AccrualTerms(points: 10, intervalMilliseconds: 10_000)
  /// A moment at the beginning of a slot of 10 s, in ms.
  static let start: Int64 = 1_700_000_000_000

  static func make(
    connections: Int = 1, maximumCatchUpSeconds: Int = 86_400, prepared: Bool = true,
    on server: PrivateDatabase? = nil
  ) async throws -> LedgerFixture {
    let database = if let server { server } else { try await PrivateDatabase.shared() }
    let settings = try await database.schema()
    let pool = ConnectionPool(settings: settings, size: connections)
    let ledger = Ledger(
      pool: pool, settings: settings, maximumCatchUpSeconds: maximumCatchUpSeconds,
      logger: quietLogger)
    let fixture = LedgerFixture(
      database: database, settings: settings, pool: pool, ledger: ledger)
    if prepared { try await Schema.prepare(settings, logger: quietLogger) }
    return fixture
  }

  static let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// A ledger with users that run since `start`.
  static func running(
    _ users: [String], terms: AccrualTerms = terms, maximumCatchUpSeconds: Int = 86_400
  ) async throws -> LedgerFixture {
    let fixture = try await make(maximumCatchUpSeconds: maximumCatchUpSeconds)
    try await fixture.setClock(start)
    _ = try await fixture.reconcile(users, terms: terms)
    return fixture
  }

  /// Sets the database's clock for the pool's only connection.
  func setClock(_ milliseconds: Int64) async throws {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    let fraction = String(1000 + rest).dropFirst()
    try await pool.run { try $0.executeText("SET timestamp = \(seconds).\(fraction)") }
  }

  /// Brings the ledger to what is wanted of some users, and closes the runs of others.
  /// - Returns: notices, and what is said of users that were left out.
  @discardableResult
  func reconcile(
    _ users: [String], terms: AccrualTerms = terms, override: ProfileOverride? = nil,
    closing: [String] = []
  ) async throws -> [String] {
    let outcome = try await ledger.repair(
      users.map { LedgerUser(name: $0, terms: terms, override: override) }, closing: closing,
      operation: Operation(requestedBy: "test", reason: nil))
    return outcome.notices + outcome.failures.map { "\($0): \($1)" }.sorted()
  }

  /// The check, with exactly `earning` to earn.
  func verification(of users: [String], earning: Set<String>) async throws -> Verification {
    try await ledger.verify(
      users.map { user in
        LedgerUser(
          name: user, terms: Self.terms,
          override: ProfileOverride(running: earning.contains(user), revision: .max))
      })
  }

  func rows(of users: [String]) async throws -> [PointsRow] {
    try await pool.run { try $0.rows(of: users) }
  }

  @discardableResult
  func tick(_ interval: Int64 = terms.intervalMilliseconds) async throws -> TickOutcome {
    try await ledger.tick(intervalMilliseconds: interval)
  }

  @discardableResult
  func apply(
    _ change: Change, _ user: String, terms: AccrualTerms = terms, id: String = Operation.makeID(),
    reason: String? = nil, override: ProfileOverride? = nil
  ) async throws -> (row: PointsRow, intent: Intent) {
    let receipt = try await ledger.attempt(
      LedgerChange(
        .change(change, [LedgerUser(name: user, terms: terms, override: override)]),
        operation: Operation(id: id, requestedBy: "tester", reason: reason)), partial: false)
    return (try #require(receipt.rows.first), try #require(receipt.intents.first))
  }

  /// One change to several users by one operation.
  func apply(
    _ change: Change, toAll users: [String], partial: Bool = false,
    operation: Operation = Operation(requestedBy: "tester", reason: nil)
  ) async throws -> ChangeReceipt {
    try await ledger.attempt(
      LedgerChange(
        .change(
          change, users.map { LedgerUser(name: $0, terms: Self.terms, override: nil) }),
        operation: operation), partial: partial)
  }

  func points(_ user: String) async throws -> Int64? {
    try await rows(of: [user]).first?.points
  }

  /// Runs statements as a person at a SQL shell would.
  func byHand(_ statements: String...) async throws {
    let schema = settings.database ?? ""
    try await database.asOperator { session in
      try session.executeText("USE \(schema)")
      for statement in statements { try session.executeText(statement) }
    }
  }

  /// A SQL shell that stays open.
  func shell() async throws -> Connection {
    var settings = database.operatorSettings
    settings.database = self.settings.database
    return try await Connection.open(settings)
  }

  /// Column 0 of a query, as text.
  func texts(_ sql: String) async throws -> [String] {
    try await pool.run { session in
      try session.query(sql, row: { try $0.optionalText(0) ?? "NULL" })
    }
  }

  /// Expects that the ledger adds up, with exactly `earning` earning.
  func expectClean(
    _ earning: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let verification = try await verification(of: earning, earning: Set(earning))
    #expect(
      verification.differences.map(\.message) == [], sourceLocation: sourceLocation)
  }
}
