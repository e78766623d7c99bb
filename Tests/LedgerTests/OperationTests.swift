import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// What is kept of changes: ids, keys, outcomes.
struct OperationTests {
  private func change(
    _ asked: Change, _ users: [String], _ operation: Operation
  ) -> LedgerChange {
    LedgerChange(
      .change(
        asked, users.map { LedgerUser(name: $0, terms: LedgerFixture.terms, override: nil) }),
      operation: operation)
  }

  @Test func aVoidedChangeCanNeverBeDone() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let operation = Operation(requestedBy: "tester", reason: "slow", key: "k")
    let adjust = change(.adjust(delta: 1000), ["Afif"], operation)
    #expect(try await fixture.ledger.void(adjust) == nil)
    // The try that was on its way arrives now.
    await #expect(throws: LedgerError.self) {
      try await fixture.ledger.attempt(adjust, partial: false)
    }
    #expect(try await fixture.points("Afif") == 0)
    #expect(try await fixture.ledger.void(adjust) == nil)
    let record = try await fixture.ledger.operations(.identifier(operation.id)).first
    #expect(record?.outcome == .void && record?.users.map(\.result) == [.void])
    // The key is free again.
    #expect(try await fixture.ledger.operations(.key("k", account: "tester")) == [])
    let again = Operation(requestedBy: "tester", reason: nil, key: "k")
    _ = try await fixture.ledger.attempt(
      change(.adjust(delta: 1000), ["Afif"], again), partial: false)
    #expect(try await fixture.points("Afif") == 1000)
  }

  @Test func voidingFindsAChangeThatWasDone() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let adjust = change(
      .adjust(delta: 7), ["Afif"], Operation(requestedBy: "tester", reason: nil))
    _ = try await fixture.ledger.attempt(adjust, partial: false)
    let receipt = try #require(try await fixture.ledger.void(adjust))
    #expect(receipt.rows.map(\.points) == [7])
    #expect(
      try await fixture.ledger.operations(.identifier(adjust.operation.id)).map(\.outcome)
        == [.done])
  }

  @Test func aKeyIsOneChangeOfOneAccount() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    func ask(_ delta: Int64, _ user: String, requestedBy: String = "alice") async throws
      -> ChangeReceipt
    {
      try await fixture.ledger.attempt(
        change(
          .adjust(delta: delta), [user],
          Operation(requestedBy: requestedBy, reason: nil, key: "the key")),
        partial: false)
    }
    let first = try await ask(5, "Afif")
    let repeated = try await ask(5, "Afif")
    #expect(repeated.operation == first.operation && repeated.rows.map(\.points) == [5])
    await #expect(throws: LedgerError.keyReused("the key")) { try await ask(6, "Afif") }
    await #expect(throws: LedgerError.keyReused("the key")) { try await ask(5, "Faiz") }
    _ = try await ask(6, "Afif", requestedBy: "bob")
    #expect(try await fixture.points("Afif") == 11)
    let known = try await fixture.ledger.operations(.key("the key", account: "alice"))
    #expect(known.map(\.operation.id) == [first.operation])
    #expect(try await fixture.ledger.operations(.latest(10)).count == 2)
  }

  @Test func aRefusedChangeLeavesItsKeyFree() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let operation = Operation(requestedBy: "alice", reason: nil, key: "k")
    await #expect(throws: LedgerError.self) {
      try await fixture.ledger.attempt(
        change(.adjust(delta: -1), ["Afif"], operation), partial: false)
    }
    _ = try await fixture.ledger.attempt(
      change(.adjust(delta: 1), ["Afif"], Operation(requestedBy: "alice", reason: nil, key: "k")),
      partial: false)
    #expect(try await fixture.points("Afif") == 1)
  }

  @Test func aGroupIsOneOperationWithAnOutcomeForEachUser() async throws {
    let users = ["Afif", "Faiz", "Irfan"]
    let fixture = try await LedgerFixture.running(users)
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.execute("SELECT points FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    let operation = Operation(requestedBy: "tester", reason: nil)
    do throws(LedgerError) {
      _ = try await fixture.ledger.attempt(change(.pause, users, operation), partial: false)
      Issue.record("a row is locked")
    } catch {
      guard case .locked(let reason) = error else { throw error }
      #expect(reason.contains("Faiz"))
    }
    try await fixture.expectClean(users)
    let receipt = try await fixture.apply(
      .pause, toAll: users, partial: true, operation: operation)
    #expect(receipt.users.map(\.result) == [.done, .locked, .done])
    await shell.close()
    try await fixture.expectClean(["Faiz"])
    let record = try #require(
      try await fixture.ledger.operations(.identifier(operation.id)).first)
    #expect(record.users == receipt.users && record.kind == "pause")
    // Sent again, it is found done.
    let again = try await fixture.apply(
      .pause, toAll: users, partial: true, operation: operation)
    #expect(again.users == receipt.users)
  }

  @Test func oneUsersRuleRefusesNobodyElse() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.apply(.stop, "Faiz")
    let receipt = try await fixture.apply(.toggle, toAll: ["Afif", "Faiz"])
    #expect(receipt.users.map(\.result) == [.done, .refused])
    #expect(receipt.users[1].reason?.contains("stopped") == true)
    try await fixture.expectClean([])
  }

  @Test func thousandsOfUsersArePausedAtOnce() async throws {
    let users = (1...3000).map { "user \($0)" }
    let fixture = try await LedgerFixture.running(users)
    let before = try await fixture.pool.run { $0.statementCount }
    let receipt = try await fixture.apply(.pause, toAll: users)
    let statements = try await fixture.pool.run { $0.statementCount } - before
    #expect(receipt.users.allSatisfy { $0.result == .done })
    #expect(statements < 300)
    try await fixture.expectClean([])
    let record = try await fixture.ledger.operations(.identifier(receipt.operation)).first
    #expect(record?.users.count == 3000)
  }
}
