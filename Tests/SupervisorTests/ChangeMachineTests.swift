import Testing

@testable import Supervisor

struct ChangeMachineTests {
  /// A machine that has sent its first try.
  private func begun() -> ChangeMachine {
    var machine = ChangeMachine()
    #expect(machine.handle(.begin, elapsed: 0) == [.send(partial: false)])
    return machine
  }

  @Test func aTryThatIsDoneIsTheAnswer() {
    var machine = begun()
    #expect(
      machine.handle(.attempted(.done), elapsed: 5) == [.answer(.done), .finish(done: true)])
    #expect(machine.handle(.deadlinePassed, elapsed: 4000) == [])
  }

  @Test func aRefusalIsTheAnswer() {
    var machine = begun()
    #expect(
      machine.handle(.attempted(.refused), elapsed: 5)
        == [.answer(.notDone), .finish(done: false)])
  }

  @Test(arguments: [ChangeMachine.Attempt.notDone, .locked])
  func whatWasSurelyNotDoneIsTriedAgainAndThenSaidSo(_ attempt: ChangeMachine.Attempt) {
    var machine = begun()
    #expect(machine.handle(.attempted(attempt), elapsed: 1000) == [.pause(milliseconds: 50)])
    #expect(machine.handle(.pauseEnded, elapsed: 1050) == [.send(partial: false)])
    #expect(machine.handle(.attempted(attempt), elapsed: 2100) == [.pause(milliseconds: 100)])
    #expect(machine.handle(.pauseEnded, elapsed: 2200) == [.send(partial: true)])
    // No try is begun that could not end in time.
    #expect(
      machine.handle(.attempted(attempt), elapsed: 3300)
        == [.answer(.notDone), .finish(done: false)])
  }

  /// The fault of the first version: the error of the last try hid that an earlier one may have
  /// gone through.
  @Test func afterAnUnknownTryNothingIsCalledNotDone() {
    var machine = begun()
    #expect(machine.handle(.attempted(.unknown), elapsed: 10) == [.pause(milliseconds: 50)])
    #expect(machine.handle(.pauseEnded, elapsed: 60) == [.send(partial: false)])
    #expect(machine.handle(.attempted(.notDone), elapsed: 70) == [.pause(milliseconds: 100)])
    #expect(machine.handle(.deadlinePassed, elapsed: 4000) == [.answer(.unknown)])
    #expect(machine.isUnknown)
    // From now on it is ended, not made.
    #expect(machine.handle(.pauseEnded, elapsed: 4010) == [.sendVoid])
    #expect(machine.handle(.voided(.failed), elapsed: 4020) == [.pause(milliseconds: 200)])
    #expect(machine.handle(.pauseEnded, elapsed: 4220) == [.sendVoid])
    #expect(machine.handle(.voided(.voided), elapsed: 4230) == [.finish(done: false)])
    #expect(!machine.isUnknown)
  }

  @Test func theSameChangeAgainEndsADoubt() {
    var machine = begun()
    _ = machine.handle(.attempted(.unknown), elapsed: 10)
    _ = machine.handle(.pauseEnded, elapsed: 60)
    #expect(
      machine.handle(.attempted(.done), elapsed: 70) == [.answer(.done), .finish(done: true)])
  }

  @Test func aRefusalAfterAnUnknownTryEndsTheDoubtFirst() {
    var machine = begun()
    _ = machine.handle(.attempted(.unknown), elapsed: 10)
    _ = machine.handle(.pauseEnded, elapsed: 60)
    #expect(machine.handle(.attempted(.refused), elapsed: 70) == [.sendVoid])
    #expect(
      machine.handle(.voided(.done), elapsed: 80) == [.answer(.done), .finish(done: true)])
  }

  @Test func aTryUnderWayAtTheDeadlineIsUnknownUntilItEnds() {
    var machine = begun()
    #expect(machine.handle(.deadlinePassed, elapsed: 4000) == [.answer(.unknown)])
    var other = machine
    #expect(machine.handle(.attempted(.done), elapsed: 4500) == [.finish(done: true)])
    // A connection lost before COMMIT: known after all.
    #expect(other.handle(.attempted(.notDone), elapsed: 4500) == [.finish(done: false)])
  }

  @Test func whatWaitedForOthersTooLongWasNeverSent() {
    var machine = ChangeMachine()
    #expect(
      machine.handle(.deadlinePassed, elapsed: 4000) == [.answer(.notDone), .finish(done: false)])
    var late = ChangeMachine()
    #expect(
      late.handle(.begin, elapsed: 3000) == [.answer(.notDone), .finish(done: false)])
  }
}

struct ChangeQueueTests {
  @Test func oneChangeOfAUserIsUnderWayInTheOrderOfComing() {
    var queue = ChangeQueue()
    #expect(queue.enter(1, users: ["Afif"]) == true)
    #expect(queue.enter(2, users: ["Afif"]) == false)
    #expect(queue.enter(3, users: ["Faiz"]) == true)
    #expect(queue.enter(4, users: ["Afif", "Faiz", "Irfan"]) == false)
    // It would overtake a group that came before it.
    #expect(queue.enter(5, users: ["Irfan"]) == false)
    #expect(queue.tickets(of: ["Afif"]) == [1, 2, 4])
    #expect(queue.leave(1) == [2])
    #expect(queue.leave(3) == [])
    #expect(queue.leave(2) == [4])
    #expect(queue.leave(4) == [5])
  }

  @Test func oneThatNoLongerWaitsMakesRoom() {
    var queue = ChangeQueue()
    #expect(queue.enter(1, users: ["Afif"]) == true)
    #expect(queue.enter(2, users: ["Afif", "Faiz"]) == false)
    #expect(queue.enter(3, users: ["Faiz"]) == false)
    #expect(queue.leave(2) == [3])
  }
}
