import Ledger
import LedgerModel
import MariaDB
import Points
import TestSupport
import Testing

/// The model that the simulation runs on does what MariaDB does: the same transactions, by chance,
/// against both, and the same rows afterwards.
struct ModelTests {
  private static let users = ["Afif", "Faiz", "Irfan", "Zoe"]

  @Test(arguments: 1...6) func theModelDoesWhatMariaDBDoes(seed: UInt64) async throws {
    let fixture = try await LedgerFixture.make(maximumCatchUpSeconds: 60)
    var chance = Chance(state: seed)
    var pair = Pair(fixture: fixture, model: LedgerModel(maximumCatchUpSeconds: 60))
    var now = LedgerFixture.start
    for step in 0..<60 {
      now +=
        chance.below(12) == 0 ? -7000 : Int64(chance.below(chance.below(15) == 0 ? 90 : 9)) * 1003
      try await fixture.setClock(now)
      let what = try await pair.act(&chance, now: now, step: step)
      let (expected, found) = (pair.expected, try await pair.found())
      try #require(expected == found, "seed \(seed), step \(step): \(what)")
    }
  }

  /// A ledger twice.
  private struct Pair {
    let fixture: LedgerFixture
    var model: LedgerModel

    /// Does one thing to both.
    mutating func act(_ chance: inout Chance, now: Int64, step: Int) async throws -> String {
      let users = ModelTests.users.filter { _ in chance.below(3) > 0 }.map { chance.user($0) }
      switch chance.below(10) {
      case 0..<4: return try await change(users, &chance, now: now, step: step)
      case 4, 5:
        let interval = chance.pick([2000, 5000])
        _ = try await fixture.tick(Int64(interval))
        let credit = model.credit(intervalMilliseconds: Int64(interval), locked: [], now: now)
        _ = try model.settle(credit.unsettled, now: now)
        return "tick \(interval)"
      case 6, 7:
        let closing = ModelTests.users.filter { _ in chance.below(6) == 0 }
        let wanted = users.filter { !closing.contains($0.name) }
        let operation = Operation(requestedBy: "pointsd", reason: nil)
        let outcome = try await fixture.ledger.repair(
          wanted, closing: closing, operation: operation)
        #expect(
          outcome
            == model.reconcile(wanted, leaving: closing, locked: [], now: now, operation: operation)
        )
        return "repair \(wanted.map(\.name)), closing \(closing)"
      case 8:
        let operation = Operation(requestedBy: "pointsd", reason: "clean stop")
        let names = users.map(\.name)
        #expect(try await fixture.ledger.closeRuns(of: names, operation: operation).locked == [])
        #expect(
          model.closeRuns(
            of: names, instance: "pointsd", locked: [], now: now, operation: operation) == [])
        return "close \(names)"
      default: return try await edit(&chance, now: now)
      }
    }

    private mutating func change(
      _ users: [LedgerUser], _ chance: inout Chance, now: Int64, step: Int
    ) async throws -> String {
      guard !users.isEmpty else { return "nothing" }
      let asked = chance.pick([
        Change.start, .stop, .pause, .resume, .toggle, .reset,
        .adjust(delta: Int64(chance.below(90)) - 40),
      ])
      let work: LedgerChange.Work =
        chance.below(6) == 0
        ? .reload(
          changed: users, leaving: ModelTests.users.filter { !users.map(\.name).contains($0) })
        : .change(asked, users)
      // Now and then one that was sent before.
      let id = "operation \(chance.below(4) == 0 ? chance.below(step + 1) : step)"
      let change = LedgerChange(
        work, operation: Operation(id: id, requestedBy: "alice", reason: nil))
      if chance.below(6) == 0 {
        let real = await outcome { () async throws(LedgerError) in
          try await fixture.ledger.void(change)
        }
        #expect(real == Result { () throws(LedgerError) in try model.void(change, now: now) })
        return "void \(id)"
      }
      let real = await outcome { () async throws(LedgerError) in
        try await fixture.ledger.attempt(change, partial: false)
      }
      let modelled = Result { () throws(LedgerError) in
        try model.attempt(change, partial: false, locked: [], now: now)
      }
      #expect(real == modelled)
      return "\(change.request) as \(id)"
    }

    private func outcome<Value>(
      _ body: () async throws(LedgerError) -> Value
    ) async -> Result<Value, LedgerError> {
      do throws(LedgerError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }

    private mutating func edit(_ chance: inout Chance, now: Int64) async throws -> String {
      let user = chance.pick(ModelTests.users)
      guard chance.below(3) > 0 else {
        try await fixture.byHand("DELETE FROM user_tracking WHERE user = '\(user)'")
        model.delete(user)
        return "\(user) is deleted"
      }
      guard model.rows[user] != nil else { return "nothing" }
      let points = Int64(chance.below(400))
      try await fixture.byHand(
        """
        UPDATE user_tracking SET points = \(points), datetime_stamp = FROM_UNIXTIME(\(now / 1000)) \
        WHERE user = '\(user)' AND points <> \(points)
        """)
      model.edit(user, points: points, now: now)
      return "\(user) has \(points)"
    }

    /// What the model's tables hold.
    var expected: [String] {
      model.rows.values.map { "\($0.user) \($0.points) \($0.stamp.map { "\($0)" } ?? "")" }.sorted()
        + model.runs.map {
          "\($0.user) \($0.run.terms.points) \($0.run.terms.intervalMilliseconds) \($0.run.first)"
            + " \($0.run.last) \($0.closing ?? "open")"
        }
        + model.adjustments.map { "\($0.user) \($0.delta) \($0.source) \($0.operation ?? "")" }
        .sorted()
        + model.intents.values.map {
          "\($0.user) \($0.running ? 1 : 0) \($0.paused ? 1 : 0) \($0.revision)"
        }.sorted()
        + model.operations.map { "\($0.operation.id) \($0.kind) \($0.outcome.rawValue)" }.sorted()
    }

    /// What MariaDB's tables hold.
    func found() async throws -> [String] {
      try await fixture.texts(
        "SELECT CONCAT_WS(' ', user, points, datetime_stamp) FROM user_tracking"
      )
      .sorted()
        + fixture.texts(
          """
          SELECT CONCAT_WS(' ', user, points_per_slot, interval_ms, first_slot, last_slot, \
          COALESCE(close_reason, 'open')) FROM runs ORDER BY id
          """)
        + fixture.texts(
          "SELECT CONCAT(user, ' ', delta, ' ', source, ' ', COALESCE(operation_id, '')) FROM adjustments"
        ).sorted()
        + fixture.texts("SELECT CONCAT_WS(' ', user, running, paused, revision) FROM intents")
        .sorted()
        + fixture.texts("SELECT CONCAT_WS(' ', id, kind, outcome) FROM operations").sorted()
    }
  }

  /// A linear congruential generator (Knuth, MMIX), of which the high bits are good.
  private struct Chance {
    var state: UInt64

    mutating func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    /// A user under terms that change now and then, sometimes with a profile.
    mutating func user(_ name: String) -> LedgerUser {
      LedgerUser(
        name: name,
        terms: AccrualTerms(
          points: below(8) == 0 ? 3 : 10, intervalMilliseconds: below(8) == 0 ? 2000 : 5000),
        override: below(5) == 0
          ? ProfileOverride(running: below(2) == 0, revision: Int64(below(5))) : nil)
    }
  }
}
