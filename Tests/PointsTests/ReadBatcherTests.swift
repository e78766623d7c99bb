import TestSupport
import Testing

@testable import Points

@Suite struct ReadBatcherTests {
  private let second: Int64 = 1_000_000_000
  private let millisecond: Int64 = 1_000_000

  @Test func requestsDuringAReadAreAnsweredByTheNextOne() {
    var gate = ReadBatcher()
    #expect(gate.ask(1, about: 0) == .wait(group: 1))
    #expect(gate.ask(2, about: 0) == .wait(group: 1))
    #expect(gate.beginRead(now: 0) == [0])
    #expect(gate.ask(3, about: 2) == .wait(group: 2))
    #expect(gate.ask(4, about: 1) == .wait(group: 2))
    #expect(gate.beginRead(now: 1) == nil)
    let first = gate.readSucceeded()
    #expect(first.tickets == [1, 2] && first.group == 1)
    #expect(gate.beginRead(now: 2) == [2, 1])
    #expect(gate.readSucceeded().tickets == [3, 4])
    #expect(gate.beginRead(now: 3) == nil && gate.nextDeadline == nil)
  }

  @Test func aFailedReadIsTriedAgainForThoseWhoWait() {
    var gate = ReadBatcher()
    _ = gate.ask(1, about: 0)
    _ = gate.beginRead(now: 0)
    _ = gate.ask(2, about: 1)
    gate.readFailed(now: millisecond)
    #expect(gate.beginRead(now: 2 * millisecond) == nil)
    #expect(gate.nextDeadline == 51 * millisecond)
    #expect(gate.deadlineReached(now: 51 * millisecond) == nil)
    #expect(gate.beginRead(now: 51 * millisecond) == [1, 0])
    #expect(gate.readSucceeded().tickets == [1, 2])
    #expect(!gate.isAway)
  }

  @Test func afterASecondWithoutAnAnswerEverybodyGetsTheLastKnownValue() {
    var gate = ReadBatcher()
    _ = gate.ask(1, about: 0)
    _ = gate.beginRead(now: 0)
    let waiting = gate.ask(2, about: 1)
    #expect(gate.nextDeadline == second)
    #expect(gate.deadlineReached(now: second - 1) == nil)
    let told = gate.deadlineReached(now: second)
    #expect(told?.tickets == [1, 2] && waiting == .wait(group: told?.group ?? 0))
    #expect(gate.isAway && gate.nextDeadline == nil)
    #expect(gate.ask(3, about: 0) == .lastKnown)
    // The hanging read ends after all: fresh again, and nobody is answered twice.
    let late = gate.readSucceeded()
    #expect(late.tickets == [] && late.began == 0 && !gate.isAway)
    #expect(gate.ask(4, about: 0) == .wait(group: gate.gatheringGroup))
    #expect(gate.beginRead(now: 5 * second)?.contains(0) == true)
    #expect(gate.readSucceeded().tickets == [4])
  }

  @Test func failuresInARowMakeASecondToo() {
    var gate = ReadBatcher()
    var now: Int64 = 0
    _ = gate.ask(1, about: 0)
    var tries = 0
    while !gate.isAway {
      if gate.beginRead(now: now) != nil {
        tries += 1
        gate.readFailed(now: now)
      }
      now = gate.nextDeadline ?? now
      _ = gate.deadlineReached(now: now)
    }
    #expect(now == second && tries == 5)
  }

  @Test func awayItProbesWithGrowingPausesUntilItRecovers() {
    var gate = ReadBatcher()
    _ = gate.ask(1, about: 3)
    _ = gate.beginRead(now: 0)
    _ = gate.deadlineReached(now: second)
    gate.readFailed(now: second)
    var pauses: [Int64] = []
    var now = second
    for _ in 0..<7 {
      let next = gate.nextDeadline ?? now
      pauses.append((next - now) / millisecond)
      now = next
      #expect(gate.deadlineReached(now: now) == nil)
      #expect(gate.beginRead(now: now) == [3])
      gate.readFailed(now: now)
    }
    #expect(pauses == [50, 100, 200, 400, 800, 1000, 1000])
    now = gate.nextDeadline ?? now
    _ = gate.beginRead(now: now)
    _ = gate.readSucceeded()
    #expect(!gate.isAway)
    // The pauses begin anew.
    _ = gate.ask(2, about: 3)
    _ = gate.beginRead(now: now)
    gate.readFailed(now: now)
    #expect(gate.nextDeadline == now + 50 * millisecond)
  }

  /// Whatever happens, nobody is answered by a read that began before the request, nobody is
  /// answered twice, and nobody is forgotten when the database goes away.
  @Test func everyFreshAnswerComesFromAReadBegunAfterItsRequest() {
    var random = SplitMix(state: 3)
    for _ in 0..<300 {
      var world = World()
      for _ in 0..<400 { world.step(&random) }
      #expect(world.faults == [])
    }
  }
}

/// A gate, its clients and its database, driven at random.
private struct World {
  var gate = ReadBatcher()
  var now: Int64 = 0
  var nextTicket: UInt64 = 0
  var waiting: [UInt64: (asked: Int64, subject: Int)] = [:]
  var read: (began: Int64, subjects: [Int])?
  var faults: [String] = []

  mutating func step(_ random: inout SplitMix) {
    now += Int64.random(in: 1...40_000_000, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<5: ask(Int.random(in: 0..<4, using: &random))
    case 5..<8: endRead(succeeds: Int.random(in: 0..<3, using: &random) > 0)
    default: now += Int64.random(in: 0...400_000_000, using: &random)
    }
    if let deadline = gate.nextDeadline, deadline <= now,
      let told = gate.deadlineReached(now: now)
    {
      for ticket in told.tickets { waiting[ticket] = nil }
      if !waiting.isEmpty { faults.append("forgotten when the database went away") }
    }
    if let subjects = gate.beginRead(now: now) { read = (now, subjects) }
  }

  private mutating func ask(_ subject: Int) {
    nextTicket += 1
    if case .wait = gate.ask(nextTicket, about: subject) {
      waiting[nextTicket] = (now, subject)
    } else if !gate.isAway {
      faults.append("stale while the database answers")
    }
  }

  private mutating func endRead(succeeds: Bool) {
    guard let ended = read else { return }
    read = nil
    guard succeeds else { return gate.readFailed(now: now) }
    for ticket in gate.readSucceeded().tickets {
      guard let request = waiting.removeValue(forKey: ticket) else {
        faults.append("answered twice")
        continue
      }
      if request.asked > ended.began { faults.append("answered by an older read") }
      if !ended.subjects.contains(request.subject) { faults.append("not read") }
    }
  }
}
