import Glibc
import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// Several daemons on one database: who is let in, who is seen, who is forgotten.
struct InstanceTests {
  private func lock(
    _ fixture: LedgerFixture, _ name: String, isShared: Bool = true
  ) -> InstanceLock {
    InstanceLock(settings: fixture.settings, instance: name, isShared: isShared)
  }

  private func refusal(_ lock: InstanceLock) async -> String {
    do {
      try await lock.acquire()
      return "let in"
    } catch {
      return "\(error)"
    }
  }

  @Test func severalThatAreMeantComeTogetherAndNobodyElse() async throws {
    let fixture = try await LedgerFixture.make()
    let (north, south) = (lock(fixture, "north"), lock(fixture, "south"))
    try await north.acquire()
    try await south.acquire()
    #expect(await north.health() == .available)
    #expect(await south.health() == .available)
    let again = await refusal(lock(fixture, "north"))
    #expect(again.contains("north (process \(getpid()))") && again.contains("another 'instance'"))
    let alone = await refusal(lock(fixture, "east", isShared: false))
    #expect(
      alone.contains("(process \(getpid()))") && alone.contains("database.shared"), "\(alone)")
    await north.release()
    await south.release()
    let single = lock(fixture, "east", isShared: false)
    // The server notices a little later that a session has ended.
    for _ in 0..<1000 where await refusal(single) != "let in" { await Task.yield() }
    #expect(await refusal(single) == "let in")
    let late = await refusal(lock(fixture, "north"))
    #expect(late.contains("east (process \(getpid()))"), "\(late)")
    await single.release()
  }

  /// A second daemon of the same name is refused; its end is no end of the first one's runs.
  @Test func whoHasNotTheLockClosesNoRun() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let holder = lock(fixture, "north", isShared: false)
    try await holder.acquire()
    let operation = Operation(requestedBy: "test", reason: "clean stop")
    await #expect(throws: LedgerError.self) {
      try await fixture.ledger.closeRuns(of: ["Afif"], operation: operation)
    }
    #expect(try await fixture.texts("SELECT closed_by FROM runs") == ["NULL"])
    await holder.release()
    for _ in 0..<1000 {
      guard (try? await fixture.ledger.closeRuns(of: ["Afif"], operation: operation)) == nil
      else { break }
      await Task.yield()
    }
    #expect(try await fixture.texts("SELECT closed_by FROM runs") == ["test"])
  }

  /// What cannot be looked at is not closed.
  @Test func aMissingTableIsNoCleanStop() async throws {
    let fixture = try await LedgerFixture.make()
    try await fixture.ledger.prepare()
    try await fixture.byHand("RENAME TABLE runs TO away")
    await #expect(throws: LedgerError.self) {
      try await fixture.ledger.closeRuns(
        of: ["Afif"], operation: Operation(requestedBy: "test", reason: "clean stop"))
    }
    await fixture.ledger.close()
  }

  /// While one of several makes the tables, nobody else comes; then it lets others in.
  @Test func theFirstOfSeveralMakesTheTables() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    let (first, second) = (lock(fixture, "first"), lock(fixture, "second"))
    try await first.acquire()
    #expect(await refusal(second).contains("another pointsd"))
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    try await first.announce()
    try await second.acquire()
    await first.release()
    await second.release()
  }

  private func ledger(_ fixture: LedgerFixture, _ name: String) -> Ledger {
    Ledger(
      pool: fixture.pool, settings: fixture.settings, instance: name, isShared: true,
      maximumCatchUpSeconds: 86_400, logger: LedgerFixture.quietLogger)
  }

  private func forget(_ name: String, _ fixture: LedgerFixture) async throws -> ChangeReceipt {
    try await fixture.ledger.attempt(
      LedgerChange(
        .forget(instance: name), operation: Operation(requestedBy: "alice", reason: "it burnt down")
      ),
      partial: false)
  }

  private func hide(_ name: String, _ fixture: LedgerFixture) async throws {
    try await fixture.byHand(
      "UPDATE served SET seen_at = seen_at - INTERVAL 1 DAY WHERE instance = '\(name)'")
  }

  /// One statement in five looks at the health, on one row however many users there are.
  @Test func aDaemonIsSeenWhileItHoldsItsLock() async throws {
    let fixture = try await LedgerFixture.make()
    let other = ledger(fixture, "other")
    try await other.prepare()
    try await other.serve(["Faiz", "Zoe"])
    try await hide("other", fixture)
    func seconds() async throws -> Int64? {
      try await fixture.ledger.snapshot(of: []).otherInstances.first?.secondsUnseen
    }
    let unseen = try #require(try await seconds())
    #expect(unseen >= 86_400)
    for _ in 0..<5 { #expect(await other.health() == .available) }
    let seen = try #require(try await seconds())
    #expect(seen < LedgerSnapshot.Instance.secondsUntilLost)
    #expect(
      try await fixture.texts(
        "SELECT CONCAT(COUNT(*)) FROM served WHERE seen_at > NOW() - INTERVAL 1 HOUR")
        == ["1"])
    await other.close()
  }

  @Test func aDaemonThatIsAliveIsNotForgotten() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.pool.run { try $0.executeText("SET timestamp = DEFAULT") }
    let other = ledger(fixture, "other")
    try await fixture.ledger.serve(["Afif"])
    try await other.prepare()
    try await other.serve(["Faiz"])
    for (name, words) in [
      ("nobody", "no instance nobody"), ("pointsd", "this daemon"), ("other", "holds its lock"),
    ] {
      await #expect {
        _ = try await forget(name, fixture)
      } throws: {
        if case LedgerError.refused(let reason) = $0 { reason.contains(words) } else { false }
      }
    }
    await other.close()
    // The server notices a little later that the session has ended; that it was seen still counts.
    var refusal = ""
    for _ in 0..<1000 where !refusal.contains("s ago") {
      do {
        _ = try await forget("other", fixture)
        refusal = "forgotten"
      } catch {
        refusal = "\(error)"
      }
    }
    #expect(refusal.contains("s ago"))
    #expect(try await fixture.texts("SELECT user FROM runs WHERE is_open = 1") == ["Afif", "Faiz"])
  }

  /// As after the control socket has moved: the ledger has this daemon under two names.
  /// Beside a daemon that is alone nobody lives, however lately it was seen.
  @Test(arguments: [(true, true), (false, true), (false, false)] as [(Bool, Bool)])
  func aStopSaysToWhomItLeavesRuns(isGone: Bool, isShared: Bool) async throws {
    let isLost = isGone || !isShared
    let fixture = try await LedgerFixture.running(["Afif", "Faiz", "Zoe"])
    try await fixture.pool.run { try $0.executeText("SET timestamp = DEFAULT") }
    try await fixture.ledger.serve(["Afif", "Faiz"])
    try await ledger(fixture, "other").serve(["Faiz", "Zoe"])
    if isGone { try await hide("other", fixture) }
    let own = isShared ? ledger(fixture, "pointsd") : fixture.ledger
    let left = try await own.closeRuns(
      of: ["Afif", "Faiz"], operation: Operation(requestedBy: "pointsd", reason: "clean stop"))
    #expect(left == OpenRuns(servedElsewhere: isLost ? [:] : ["other": ["Faiz"]]))
    let open = try await fixture.texts("SELECT user FROM runs WHERE is_open = 1 ORDER BY user")
    #expect(open == (isLost ? ["Zoe"] : ["Faiz", "Zoe"]))
    await own.close()
  }

  @Test func aForgottenDaemonsUsersEarnNoMore() async throws {
    let users = ["Afif", "Faiz", "Irfan", "Zoe"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.ledger.serve(["Afif"])
    try await ledger(fixture, "third").serve(["Irfan"])
    try await ledger(fixture, "other").serve(["Faiz", "Irfan", "Zoe"])
    try await hide("other", fixture)
    let verification = try await fixture.verification(of: ["Afif"], earning: ["Afif"])
    #expect(verification.notices.count { $0.contains("instance other was not seen") } == 1)
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("BEGIN")
      try session.executeText("SELECT * FROM user_tracking WHERE user = 'Zoe' FOR UPDATE")
    }
    try await fixture.setClock(LedgerFixture.start + 10_000)
    let operation = Operation(requestedBy: "alice", reason: "it burnt down", key: "k")
    for _ in 0..<2 {
      // The second time it is found done.
      let receipt = try await fixture.ledger.attempt(
        LedgerChange(.forget(instance: "other"), operation: operation), partial: false)
      #expect(receipt.users.map(\.user) == ["Faiz", "Zoe"])
      #expect(receipt.users.map(\.result) == [.done, .locked])
    }
    await shell.close()
    // Who was locked is closed by the loop, which finds that nobody serves the user.
    let snapshot = try await fixture.ledger.snapshot(of: ["Afif"])
    #expect(snapshot.otherInstances.map(\.name) == ["third"])
    #expect(Set(snapshot.openRuns.map(\.user)) == ["Afif", "Irfan", "Zoe"])
    try await fixture.reconcile(["Afif"], closing: ["Zoe"])
    #expect(try await fixture.points("Faiz") == 10)
    try await fixture.expectClean(["Afif"])
    let record = try await fixture.ledger.operations(.identifier(operation.id)).first
    #expect(record?.kind == "forget" && record?.users.count == 2)
  }
}
