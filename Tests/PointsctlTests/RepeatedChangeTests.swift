import JSONText
import Points
import Testing

@testable import pointsctl

/// A change is asked for until its outcome is known.
struct RepeatedChangeTests {
  private let fault = CommandFault(.tryAgain, "as the daemon said")

  private func failure(_ status: UInt) -> APIClient.Reply {
    .failure(status: status, operation: nil, fault)
  }

  private func repeats(_ step: RepeatedChange.Step) -> Bool {
    if case .repeatAfter = step { true } else { false }
  }

  private func fails(_ step: RepeatedChange.Step) -> CommandFault? {
    if case .fail(let fault) = step { fault } else { nil }
  }

  @Test(arguments: [400, 401, 404, 409, 422, 503] as [UInt])
  func whatWasNotDoneIsSaidAtOnce(_ status: UInt) {
    var change = RepeatedChange(key: "k")
    #expect(
      fails(change.next(after: failure(status), elapsed: .zero))?.description == fault.description)
  }

  @Test(arguments: [500, 502, 504] as [UInt])
  func anUnknownOutcomeIsAskedForUntilItIsKnown(_ status: UInt) {
    var change = RepeatedChange(key: "k")
    #expect(repeats(change.next(after: failure(status), elapsed: .zero)))
    // The database is away: whether the first request was carried out cannot be said.
    #expect(repeats(change.next(after: failure(503), elapsed: .seconds(4))))
    #expect(
      repeats(change.next(after: .none(wasSent: false, fault), elapsed: .seconds(8))))
    let answer = JSONNode(value: .object([]))
    guard case .answer = change.next(after: .answer(answer), elapsed: .seconds(9)) else {
      Issue.record("the answer is the end")
      return
    }
  }

  @Test func aReplyThatWasLostLeavesADoubt() {
    var change = RepeatedChange(key: "the-key")
    #expect(repeats(change.next(after: .none(wasSent: true, fault), elapsed: .zero)))
    let end = fails(change.next(after: failure(503), elapsed: .seconds(30)))
    #expect(end?.description.contains("key=the-key") == true)
  }

  /// Some users of a group were left out: that is known, however often it was asked before.
  @Test func whatBecameOfEachUserIsAnAnswer() {
    var change = RepeatedChange(key: "k")
    #expect(repeats(change.next(after: failure(504), elapsed: .zero)))
    let reply = APIClient.Reply.failure(status: 503, operation: "o", fault)
    #expect(
      fails(change.next(after: reply, elapsed: .seconds(1)))?.description == fault.description)
  }

  /// The database is away: the daemon cannot look for a key that may have been used before.
  @Test func whatOnlyAnEarlierRequestCouldHaveDoneIsNotDoneByTheFirst() {
    let reply = APIClient.Reply.failure(
      status: 504, operation: OperationReference.identifier(ofKey: "k"), fault)
    var first = RepeatedChange(key: "k")
    #expect(fails(first.next(after: reply, elapsed: .zero))?.description == fault.description)
    var repeated = RepeatedChange(key: "k")
    #expect(repeats(repeated.next(after: .none(wasSent: true, fault), elapsed: .zero)))
    #expect(repeats(repeated.next(after: reply, elapsed: .seconds(1))))
  }

  @Test func aDaemonThatIsNotThereGotNothing() {
    var change = RepeatedChange(key: "k")
    #expect(
      fails(change.next(after: .none(wasSent: false, fault), elapsed: .zero))?.description
        == fault.description)
  }
}
