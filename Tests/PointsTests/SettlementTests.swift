import TestSupport
import Testing

@testable import Points

struct SettlementTests {
  private static let terms = AccrualTerms(points: 10, intervalMilliseconds: 1000)
  private static let day: Int64 = 86_400_000

  private func account(
    points: Int128 = 100, run: Run? = Run(terms: terms, first: 50, last: 60),
    latestEnd: Int64? = nil, rowIsMissing: Bool = false
  ) -> UserAccount {
    UserAccount(
      user: "Afif", points: points, rowIsMissing: rowIsMissing, openRun: run,
      latestEndMilliseconds: latestEnd)
  }

  private func settle(
    _ account: UserAccount, run: RunTarget = .unchanged, points: PointsChange = .asEarned,
    now: Int64 = 63_500, maximumCatchUp: Int64 = day
  ) throws -> Settlement {
    try Settlement(
      of: account, run: run, points: points, nowMilliseconds: now,
      maximumCatchUpMilliseconds: maximumCatchUp, reason: "asked")
  }

  @Test func creditsWholeSlotsOnly() throws {
    let settlement = try settle(account())
    #expect(settlement.points == 130)
    #expect(settlement.credited == 63)
    #expect(settlement.closing == nil && settlement.opened == nil)
    #expect(try settle(account(), now: 60_999).credited == nil)
    #expect(try !settle(account(), now: 60_999).rowChanges)
  }

  @Test func aClosedRunIsCreditedFirst() throws {
    let settlement = try settle(account(), run: .closed)
    #expect(settlement.points == 130)
    #expect(settlement.credited == 63)
    #expect(settlement.closing == "asked")
    #expect(settlement.opened == nil)
  }

  @Test func aRunUnderTheSameTermsStaysOpen() throws {
    let settlement = try settle(account(), run: .open(Self.terms))
    #expect(settlement.closing == nil && settlement.opened == nil)
  }

  @Test func aNewRunBeginsNow() throws {
    let settlement = try settle(account(run: nil, latestEnd: 60_000), run: .open(Self.terms))
    #expect(settlement.opened == Run(terms: Self.terms, first: 63, last: 63))
    #expect(settlement.points == 100)
    #expect(!settlement.rowChanges)
  }

  @Test func aNewRunBeginsWhereTheLastOneEndsWhenTheClockWasSetBack() throws {
    let settlement = try settle(account(run: nil, latestEnd: 90_000), run: .open(Self.terms))
    #expect(settlement.opened?.first == 90)
  }

  @Test func otherTermsCloseTheRunAndOpenAnother() throws {
    let slow = AccrualTerms(points: 5, intervalMilliseconds: 20_000)
    let settlement = try settle(account(), run: .open(slow))
    #expect(settlement.credited == 63)
    #expect(settlement.closing == "asked")
    #expect(settlement.opened == Run(terms: slow, first: 3, last: 3))
  }

  @Test func aGapThatIsTooLongIsWrittenOff() throws {
    let settlement = try settle(account(), maximumCatchUp: 2999)
    #expect(settlement.points == 100)
    #expect(settlement.credited == nil)
    #expect(settlement.closing?.contains("gap") == true)
    #expect(settlement.opened == Run(terms: Self.terms, first: 63, last: 63))
    #expect(settlement.notices.count == 1)
    #expect(try settle(account(), maximumCatchUp: 3000).points == 130)
    // Shorter than the interval: one slot is always credited.
    #expect(try settle(account(), now: 61_000, maximumCatchUp: 1).points == 110)
    #expect(try settle(account(), run: .closed, maximumCatchUp: 1).opened == nil)
  }

  @Test func aClockSetBackTakesNothing() throws {
    let settlement = try settle(account(), now: 10_000)
    #expect(settlement.points == 100)
    #expect(settlement.credited == nil)
  }

  @Test func resetTakesWhatWasEarnedToo() throws {
    let settlement = try settle(account(), points: .zero)
    #expect(settlement.points == 0)
    #expect(settlement.adjustments == [.init(delta: -130, reason: nil)])
    let top = try settle(account(points: Int128(Int64.max)), points: .zero)
    #expect(top.points == 0)
    #expect(top.credited == 63)
    #expect(top.adjustments.map(\.delta) == [-Int64.max, -30])
  }

  @Test func correctionsStayInRange() throws {
    #expect(try settle(account(), points: .changed(by: -130)).points == 0)
    #expect(throws: LedgerError.self) { try settle(account(), points: .changed(by: -131)) }
    #expect(throws: LedgerError.self) { try settle(account(), points: .changed(by: Int64.max)) }
    let lowered = try settle(account(points: Int128(Int64.max)), points: .changed(by: -100))
    #expect(lowered.points == Int64.max - 70)
  }

  @Test func atTheTopOnlyWhatFitsIsCredited() throws {
    let full = account(points: Int128(Int64.max) - 15)
    let kept = try settle(full)
    #expect(kept.credited == 61)
    #expect(kept.notices.isEmpty)
    let stopped = try settle(full, run: .closed)
    #expect(stopped.points == Int64.max - 5)
    #expect(stopped.notices.count == 1)
  }

  @Test func aMissingRowIsMadeAgainWithANotice() throws {
    let settlement = try settle(account(rowIsMissing: true))
    #expect(settlement.rowChanges)
    #expect(settlement.points == 130)
    #expect(settlement.notices.count == 1)
    let fresh = UserAccount(
      user: "Dina", points: 0, rowIsMissing: true, isKnown: false, openRun: nil,
      latestEndMilliseconds: nil)
    #expect(try settle(fresh, run: .open(Self.terms)).notices.isEmpty)
    #expect(throws: LedgerError.self) { try settle(account(points: -500, rowIsMissing: true)) }
  }

  /// Whatever happens in whatever order, no boundary is paid twice, and points follow.
  @Test(arguments: 1...20) func runsNeverOverlap(_ seed: UInt64) throws {
    var random = Generator(state: seed)
    let choices = [700, 1000, 3000, 10_000, 45_000].map {
      AccrualTerms(points: 3, intervalMilliseconds: $0)
    }
    var runs: [Run] = []
    var open: Run?
    var points: Int128 = 0
    var now: Int64 = 1_000_000
    for _ in 0..<200 {
      now += Int64.random(in: -20_000...30_000, using: &random)
      let account = UserAccount(
        user: "Afif", points: points, openRun: open,
        latestEndMilliseconds: runs.map(\.endMilliseconds).max())
      let terms = choices.randomElement(using: &random) ?? Self.terms
      let wish =
        [RunTarget.unchanged, .closed, .open(terms)].randomElement(using: &random) ?? .closed
      let settlement = try settle(account, run: wish, now: now)
      points = Int128(settlement.points)
      if let credited = settlement.credited { open?.last = credited }
      if settlement.closing != nil, let closed = open {
        runs.append(closed)
        open = nil
      }
      if let opened = settlement.opened { open = opened }
    }
    let all = runs + (open.map { [$0] } ?? [])
    for (index, later) in all.enumerated() {
      #expect(all[..<index].allSatisfy { !$0.overlaps(later: later) })
    }
    #expect(points == all.map(\.earned).reduce(0, +))
    #expect(points > 0)
  }
}

/// A repeatable generator (SplitMix64, Steele, Lea and Flood 2014).
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
