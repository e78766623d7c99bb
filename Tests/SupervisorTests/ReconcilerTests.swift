import Points
import Testing

@testable import Supervisor

struct ReconcilerTests {
  private let terms = AccrualTerms(points: 10, intervalMilliseconds: 30_000)

  private func user(_ name: String, _ override: ProfileOverride? = nil) -> LedgerUser {
    LedgerUser(name: name, terms: terms, override: override)
  }

  private func row(_ user: String) -> PointsRow { PointsRow(user: user, points: 0, stamp: nil) }

  private func intent(_ user: String, running: Bool = true, revision: Int64 = 1) -> Intent {
    Intent(
      user: user, running: running, paused: false, requestedBy: "alice", reason: nil,
      since: DateTimeStamp(secondsSinceEpoch: 0), revision: revision)
  }

  /// A ledger in which these users are as wanted.
  private func snapshot(_ users: String...) -> LedgerSnapshot {
    LedgerSnapshot(
      rows: users.map(row), intents: users.map { intent($0) },
      openRuns: users.map { .init(user: $0, terms: terms) }, served: Set(users))
  }

  @Test func nothingIsDoneWhereNothingDiffers() {
    var reconciler = Reconciler()
    #expect(reconciler.plan([user("Afif"), user("Faiz")], snapshot("Afif", "Faiz")).isEmpty)
  }

  @Test func anEmptyLedgerIsFilledAtOnce() {
    var reconciler = Reconciler()
    let plan = reconciler.plan([user("Afif")], LedgerSnapshot())
    #expect(plan.repairs.map(\.name) == ["Afif"] && plan.serves)
  }

  @Test func aRunIsOpenWhereTheIntentSaysSoAndUnderTheTermsOfTheFile() {
    var reconciler = Reconciler()
    var ledger = snapshot("Afif", "Faiz", "Irfan")
    ledger.openRuns[0] = .init(
      user: "Afif", terms: AccrualTerms(points: 1, intervalMilliseconds: 30_000))
    ledger.intents[1] = intent("Faiz", running: false)
    ledger.openRuns.remove(at: 2)
    let plan = reconciler.plan([user("Afif"), user("Faiz"), user("Irfan")], ledger)
    #expect(plan.repairs.map(\.name) == ["Afif", "Faiz", "Irfan"])
  }

  @Test func aProfileHoldsUntilSomethingIsAskedLater() {
    var reconciler = Reconciler()
    let stopped = ProfileOverride(running: false, revision: 1)
    #expect(
      reconciler.plan([user("Afif", stopped)], snapshot("Afif")).repairs.map(\.name) == ["Afif"])
    var ledger = snapshot("Afif")
    ledger.intents = [intent("Afif", revision: 2)]
    #expect(reconciler.plan([user("Afif", stopped)], ledger).isEmpty)
  }

  @Test func whomAReloadConcernsIsLeftAloneUntilItIsOver() {
    var reconciler = Reconciler()
    var ledger = snapshot("Afif", "Zoe")
    ledger.openRuns[0] = .init(
      user: "Afif", terms: AccrualTerms(points: 1, intervalMilliseconds: 30_000))
    let underWay = reconciler.plan([user("Afif")], ledger, excluding: ["Afif", "Zoe"])
    #expect(underWay.repairs.isEmpty && underWay.closing.isEmpty)
    let over = reconciler.plan([user("Afif")], ledger)
    #expect(over.repairs.map(\.name) == ["Afif"] && over.closing == ["Zoe"])
  }

  @Test func aRowIsGoneOnlyIfTwoSnapshotsAgree() {
    var reconciler = Reconciler()
    let wanted = [user("Afif")]
    #expect(reconciler.plan(wanted, snapshot("Afif")).isEmpty)
    var ledger = snapshot("Afif")
    ledger.rows = []
    #expect(reconciler.plan(wanted, ledger).isEmpty && reconciler.isUncertain)
    #expect(reconciler.plan(wanted, snapshot("Afif")).isEmpty && !reconciler.isUncertain)
    #expect(reconciler.plan(wanted, ledger).isEmpty)
    #expect(reconciler.plan(wanted, ledger).repairs.map(\.name) == ["Afif"])
  }

  @Test func aUserNobodyServesEarnsNothingAndThoseOfOthersAreLeftAlone() {
    var reconciler = Reconciler()
    var ledger = snapshot("Afif", "Faiz", "Irfan")
    ledger.otherInstances = [
      .init(name: "other", seen: DateTimeStamp(secondsSinceEpoch: 0), users: ["Faiz"])
    ]
    let plan = reconciler.plan([user("Afif")], ledger)
    #expect(plan.closing == ["Irfan"] && plan.repairs.isEmpty && plan.serves)
  }

  private func instance(_ users: Set<String>, unseen: Int64) -> LedgerSnapshot.Instance {
    .init(
      name: "other", seen: DateTimeStamp(secondsSinceEpoch: 0), users: users, secondsUnseen: unseen)
  }

  /// Two files that do not agree: neither daemon undoes what the other one was asked.
  @Test func termsOfAUserServedTwiceStandUntilSomethingIsAsked() {
    let others = AccrualTerms(points: 1, intervalMilliseconds: 5000)
    var ledger = snapshot("Afif", "Faiz")
    ledger.openRuns[0] = .init(user: "Afif", terms: others)
    ledger.otherInstances = [instance(["Afif"], unseen: 1)]
    var reconciler = Reconciler()
    let beside = reconciler.plan([user("Afif"), user("Faiz")], ledger)
    #expect(beside.isEmpty && beside.foreignTerms == ["Afif": others])
    // A daemon that is gone has no say.
    ledger.otherInstances = [instance(["Afif"], unseen: 60)]
    let alone = reconciler.plan([user("Afif"), user("Faiz")], ledger)
    #expect(alone.repairs.map(\.name) == ["Afif"] && alone.foreignTerms.isEmpty)
  }

  /// `--profile` is for its own process: it closes no run that another one serves, and opens none.
  @Test(arguments: [true, false]) func aProfileSaysNothingOfWhomOthersServe(_ runs: Bool) {
    var ledger = snapshot("Afif")
    ledger.otherInstances = [instance(["Afif"], unseen: 1)]
    if runs {
      ledger.intents = [intent("Afif", running: false)]
      ledger.openRuns = []
    }
    var reconciler = Reconciler()
    let profiled = user("Afif", ProfileOverride(running: runs, revision: 1))
    #expect(reconciler.plan([profiled], ledger).isEmpty)
    ledger.otherInstances = []
    #expect(reconciler.plan([profiled], ledger).repairs.map(\.name) == ["Afif"])
  }
}

struct ObservationOrderTests {
  @Test func readsThatFollowEachOtherAllCount() {
    var order = ObservationOrder()
    for _ in 0..<3 {
      let token = order.begin()
      #expect(order.accept(token) == true)
    }
  }

  @Test func ofTwoThatOverlapTheSecondIsInDoubt() {
    var order = ObservationOrder()
    let tick = order.begin()
    let snapshot = order.begin()
    #expect(order.accept(tick) == true)
    #expect(order.accept(snapshot) == false)
    let next = order.begin()
    #expect(order.accept(next) == true)
  }
}

struct LedgerDigestTests {
  @Test func followsSingleChanges() {
    let rows = [
      PointsRow(user: "Afif", points: 10, stamp: DateTimeStamp(secondsSinceEpoch: 5)),
      PointsRow(user: "Faiz", points: 0, stamp: nil),
    ]
    var ledger = LedgerSnapshot(rows: rows, served: ["Afif", "Faiz"])
    var digest = ledger.digest
    let newer = PointsRow(user: "Faiz", points: 1, stamp: nil)
    digest.replace(rows[1], by: newer)
    #expect(digest != ledger.digest)
    ledger.rows[1] = newer
    #expect(digest == ledger.digest)
  }
}
