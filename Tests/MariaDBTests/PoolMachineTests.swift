import TestSupport
import Testing

@testable import MariaDB

@Suite("The pool's decisions")
struct PoolMachineTests {
  /// A machine with connections in places 1 to `size`, all lent out to waiters 1 to `size`.
  private func full(size: Int) -> PoolMachine {
    var machine = PoolMachine(size: size)
    for number in 1...size {
      _ = machine.acquire(waiter: number, deadlineMilliseconds: 1000, nowMilliseconds: 0)
      _ = machine.connected(place: number, nowMilliseconds: 0)
    }
    return machine
  }

  @Test func connectsWhenAskedAndNotBefore() {
    var machine = PoolMachine(size: 2)
    #expect(machine.wakeAtMilliseconds == nil)
    #expect(
      machine.acquire(waiter: 1, deadlineMilliseconds: 1000, nowMilliseconds: 0)
        == [.connect(place: 1)])
    #expect(
      machine.connected(place: 1, nowMilliseconds: 5) == [.grant(waiter: 1, place: 1)])
    #expect(machine.leased == 1)
  }

  @Test func opensAtMostItsSize() {
    var machine = PoolMachine(size: 2)
    var actions: [PoolMachine.Action] = []
    for waiter in 1...5 {
      actions += machine.acquire(
        waiter: waiter, deadlineMilliseconds: 1000, nowMilliseconds: 0)
    }
    #expect(actions == [.connect(place: 1), .connect(place: 2)])
    #expect(machine.waiting == 5)
  }

  @Test(arguments: [(0, 1), (-3, 1), (65, 64), (4, 4)])
  func sizeIsHeldTo1And64(size: Int, held: Int) {
    #expect(PoolMachine(size: size).size == held)
  }

  @Test func servesInTheOrderOfAsking() {
    var machine = full(size: 1)
    for waiter in 10...12 {
      #expect(
        machine.acquire(waiter: waiter, deadlineMilliseconds: 1000, nowMilliseconds: 1).isEmpty)
    }
    for waiter in 10...12 {
      #expect(
        machine.released(place: 1, isBroken: false, nowMilliseconds: 2)
          == [.grant(waiter: waiter, place: 1)])
    }
    #expect(machine.released(place: 1, isBroken: false, nowMilliseconds: 3).isEmpty)
    #expect(machine.idle == 1)
  }

  @Test func aLaterComerDoesNotOvertake() {
    var machine = full(size: 1)
    _ = machine.acquire(waiter: 10, deadlineMilliseconds: 1000, nowMilliseconds: 1)
    let released = machine.released(place: 1, isBroken: false, nowMilliseconds: 2)
    #expect(released == [.grant(waiter: 10, place: 1)])
    #expect(machine.acquire(waiter: 11, deadlineMilliseconds: 1000, nowMilliseconds: 2).isEmpty)
  }

  @Test func eachWaiterHasItsOwnDeadline() {
    var machine = full(size: 1)
    _ = machine.acquire(waiter: 10, deadlineMilliseconds: 500, nowMilliseconds: 0)
    _ = machine.acquire(waiter: 11, deadlineMilliseconds: 300, nowMilliseconds: 0)
    #expect(machine.wakeAtMilliseconds == 300)
    #expect(machine.timePassed(nowMilliseconds: 299).isEmpty)
    #expect(machine.timePassed(nowMilliseconds: 300) == [.refuse(waiter: 11, .deadline)])
    #expect(machine.wakeAtMilliseconds == 500)
    #expect(machine.timePassed(nowMilliseconds: 900) == [.refuse(waiter: 10, .deadline)])
    #expect(machine.released(place: 1, isBroken: false, nowMilliseconds: 901).isEmpty)
  }

  @Test func aCancelledWaiterIsPassedOver() {
    var machine = full(size: 1)
    _ = machine.acquire(waiter: 10, deadlineMilliseconds: 500, nowMilliseconds: 0)
    _ = machine.acquire(waiter: 11, deadlineMilliseconds: 500, nowMilliseconds: 0)
    machine.cancel(waiter: 10)
    #expect(
      machine.released(place: 1, isBroken: false, nowMilliseconds: 1)
        == [.grant(waiter: 11, place: 1)])
  }

  @Test func aBrokenConnectionMakesRoomAndTakesIdleOnesWithIt() {
    var machine = full(size: 3)
    _ = machine.released(place: 1, isBroken: false, nowMilliseconds: 1)
    #expect(
      machine.released(place: 2, isBroken: true, nowMilliseconds: 2)
        == [.close(place: 2), .close(place: 1)])
    #expect(machine.open == 1)
    // Who comes next waits for no answer of a dead one.
    #expect(
      machine.acquire(waiter: 10, deadlineMilliseconds: 500, nowMilliseconds: 3)
        == [.connect(place: 4)])
  }

  @Test func whatIsIdleCanBeClosedWhatIsUsedIsNot() {
    var machine = full(size: 2)
    _ = machine.released(place: 1, isBroken: false, nowMilliseconds: 1)
    #expect(machine.closeIdle() == [.close(place: 1)])
    #expect(machine.closeIdle() == [])
    #expect(machine.leased == 1)
    #expect(!machine.isClosed)
  }

  @Test func aWaiterGetsANewConnectionForABrokenOne() {
    var machine = full(size: 1)
    _ = machine.acquire(waiter: 10, deadlineMilliseconds: 500, nowMilliseconds: 0)
    #expect(
      machine.released(place: 1, isBroken: true, nowMilliseconds: 1)
        == [.close(place: 1), .connect(place: 2)])
    #expect(
      machine.connected(place: 2, nowMilliseconds: 2) == [.grant(waiter: 10, place: 2)])
  }

  @Test func idleConnectionsAreCheckedInTimeAndNotGivenOutMeanwhile() {
    var machine = full(size: 1)
    _ = machine.released(place: 1, isBroken: false, nowMilliseconds: 100)
    let due = 100 + PoolMachine.checkAfterMilliseconds
    #expect(machine.wakeAtMilliseconds == due)
    #expect(machine.timePassed(nowMilliseconds: due) == [.check(place: 1)])
    #expect(
      machine.acquire(waiter: 10, deadlineMilliseconds: due + 500, nowMilliseconds: due).isEmpty)
    #expect(
      machine.checked(place: 1, isAlive: true, nowMilliseconds: due)
        == [.grant(waiter: 10, place: 1)])
  }

  @Test func whileTheDatabaseIsAwayEverybodyIsRefusedAtOnce() {
    var machine = PoolMachine(size: 4)
    _ = machine.acquire(waiter: 1, deadlineMilliseconds: 1000, nowMilliseconds: 0)
    #expect(
      machine.connectFailed(place: 1, nowMilliseconds: 10, jitter: 0)
        == [.refuse(waiter: 1, .unreachable)])
    #expect(
      machine.acquire(waiter: 2, deadlineMilliseconds: 1000, nowMilliseconds: 20)
        == [.refuse(waiter: 2, .unreachable)])
    // Nobody asks, and one connection is tried all the same when the pause is over.
    #expect(machine.wakeAtMilliseconds == 110)
    #expect(machine.timePassed(nowMilliseconds: 109).isEmpty)
    #expect(machine.timePassed(nowMilliseconds: 110) == [.connect(place: 2)])
    #expect(machine.connected(place: 2, nowMilliseconds: 120).isEmpty)
    #expect(machine.idle == 1)
    #expect(machine.failures == 0)
  }

  @Test func pausesGrowUpToALimitAndJitterShortensThem() {
    var machine = PoolMachine(size: 1)
    var now: Int64 = 0
    var pauses: [Int64] = []
    _ = machine.acquire(waiter: 1, deadlineMilliseconds: 1_000_000, nowMilliseconds: now)
    for place in 1...7 {
      _ = machine.connectFailed(place: place, nowMilliseconds: now, jitter: 0)
      let wake = machine.wakeAtMilliseconds ?? now
      pauses.append(wake - now)
      now = wake
      #expect(machine.timePassed(nowMilliseconds: now) == [.connect(place: place + 1)])
    }
    #expect(pauses == [100, 200, 400, 800, 1600, 2000, 2000])
    _ = machine.connectFailed(place: 8, nowMilliseconds: now, jitter: 1)
    #expect(machine.wakeAtMilliseconds == now + 1000)
  }

  @Test func aFailedConnectLeavesTheOthersAlone() {
    var machine = PoolMachine(size: 3)
    for waiter in 1...3 {
      _ = machine.acquire(waiter: waiter, deadlineMilliseconds: 1000, nowMilliseconds: 0)
    }
    // One of three attempts fails; the waiters go on hoping for the other two.
    #expect(machine.connectFailed(place: 1, nowMilliseconds: 5, jitter: 0).isEmpty)
    #expect(
      machine.connected(place: 2, nowMilliseconds: 6) == [
        .grant(waiter: 1, place: 2), .connect(place: 4),
      ])
    #expect(machine.connected(place: 3, nowMilliseconds: 7) == [.grant(waiter: 2, place: 3)])
    #expect(machine.connected(place: 4, nowMilliseconds: 8) == [.grant(waiter: 3, place: 4)])
  }

  @Test func whoWaitsBesideAWorkingConnectionGetsANewOneAfterThePause() {
    var machine = PoolMachine(size: 2)
    _ = machine.acquire(waiter: 1, deadlineMilliseconds: 1000, nowMilliseconds: 0)
    _ = machine.connected(place: 1, nowMilliseconds: 0)
    _ = machine.acquire(waiter: 2, deadlineMilliseconds: 5000, nowMilliseconds: 0)
    #expect(machine.connectFailed(place: 2, nowMilliseconds: 10, jitter: 0).isEmpty)
    #expect(machine.wakeAtMilliseconds == 110)
    #expect(machine.timePassed(nowMilliseconds: 110) == [.connect(place: 3)])
    #expect(machine.connected(place: 3, nowMilliseconds: 111) == [.grant(waiter: 2, place: 3)])
  }

  @Test func closingRefusesAndClosesWhatIsIdleNowAndTheRestLater() {
    var machine = full(size: 3)
    _ = machine.released(place: 2, isBroken: false, nowMilliseconds: 1)
    _ = machine.released(place: 3, isBroken: false, nowMilliseconds: 1)
    let four = machine.acquire(waiter: 4, deadlineMilliseconds: 9, nowMilliseconds: 1)
    #expect(four == [.grant(waiter: 4, place: 3)])
    #expect(machine.close() == [.close(place: 2)])
    #expect(machine.close().isEmpty)
    #expect(
      machine.acquire(waiter: 5, deadlineMilliseconds: 9, nowMilliseconds: 1)
        == [.refuse(waiter: 5, .closed)])
    #expect(
      machine.released(place: 1, isBroken: false, nowMilliseconds: 2) == [.close(place: 1)])
    #expect(
      machine.released(place: 3, isBroken: true, nowMilliseconds: 2) == [.close(place: 3)])
    #expect(machine.open == 0)
    #expect(machine.wakeAtMilliseconds == nil)
  }

  @Test func closingRefusesThoseWhoWaitAndConnectionsThatComeTooLate() {
    var machine = PoolMachine(size: 1)
    _ = machine.acquire(waiter: 1, deadlineMilliseconds: 9, nowMilliseconds: 1)
    #expect(machine.close() == [.refuse(waiter: 1, .closed)])
    #expect(machine.connected(place: 1, nowMilliseconds: 2) == [.close(place: 1)])
  }

  @Test func givingBackTwiceDoesNothing() {
    var machine = full(size: 1)
    _ = machine.acquire(waiter: 10, deadlineMilliseconds: 500, nowMilliseconds: 0)
    _ = machine.released(place: 1, isBroken: true, nowMilliseconds: 1)
    #expect(machine.released(place: 1, isBroken: true, nowMilliseconds: 1).isEmpty)
  }

  /// Whatever happens in whatever order: never more connections than allowed, nobody is answered
  /// twice, and nobody is forgotten.
  @Test(arguments: 1...20)
  func anyOrderOfEvents(seed: Int) {
    var random = SplitMix(state: UInt64(seed))
    var machine = PoolMachine(size: 3)
    var open: Set<Int> = []
    var answered: Set<Int> = []
    var lent: [Int] = []
    var connecting: [Int] = []
    var checking: [Int] = []
    var now: Int64 = 0
    var asked = 0

    func carryOut(_ actions: [PoolMachine.Action]) {
      for action in actions {
        switch action {
        case .connect(let place): connecting.append(place)
        case .check(let place): checking.append(place)
        case .close(let place): #expect(open.remove(place) != nil)
        case .grant(let waiter, let place):
          #expect(answered.insert(waiter).inserted)
          #expect(open.contains(place) && !lent.contains(place))
          lent.append(place)
        case .refuse(let waiter, _): #expect(answered.insert(waiter).inserted)
        }
      }
      #expect(open.count + connecting.count <= 3)
    }

    for _ in 0..<2000 {
      now += Int64(random.next() % 200)
      switch random.next() % 7 {
      case 0, 1:
        asked += 1
        carryOut(
          machine.acquire(
            waiter: asked, deadlineMilliseconds: now + 500, nowMilliseconds: now))
      case 2 where !connecting.isEmpty:
        let place = connecting.removeFirst()
        open.insert(place)
        carryOut(machine.connected(place: place, nowMilliseconds: now))
      case 3 where !connecting.isEmpty:
        let place = connecting.removeLast()
        carryOut(machine.connectFailed(place: place, nowMilliseconds: now, jitter: 0.5))
      case 4 where !lent.isEmpty:
        let place = lent.removeFirst()
        carryOut(
          machine.released(
            place: place, isBroken: random.next() % 4 == 0, nowMilliseconds: now))
      case 5 where !checking.isEmpty:
        let place = checking.removeFirst()
        carryOut(
          machine.checked(
            place: place, isAlive: random.next() % 2 == 0, nowMilliseconds: now))
      default:
        carryOut(machine.timePassed(nowMilliseconds: now))
      }
    }
    carryOut(machine.timePassed(nowMilliseconds: now + 1000))
    #expect(answered.count == asked)
  }
}
