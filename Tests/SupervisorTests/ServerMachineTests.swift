import Testing

@testable import Supervisor

@Suite struct ServerMachineTests {
  /// A machine that was led through `events`, a second apart, and the actions of the last one.
  private func led(through events: [ServerMachine.Event]) -> (ServerMachine, [ServerMachine.Action])
  {
    var machine = ServerMachine()
    var actions: [ServerMachine.Action] = []
    for (second, event) in events.enumerated() {
      actions = machine.handle(event, nowMilliseconds: Int64(second) * 1000, jitter: 0)
    }
    return (machine, actions)
  }

  private let busy = ServerMachine.Event.openFailed(reason: "port in use", retryable: true)

  @Test func startsAndStops() {
    #expect(led(through: [.startAsked]).1 == [.open])
    let (running, nothing) = led(through: [.startAsked, .opened])
    #expect(running.state == .running && nothing.isEmpty)
    let (stopping, close) = led(through: [.startAsked, .opened, .stopAsked])
    #expect(stopping.state == .stopping(thenStart: false) && close == [.close])
    #expect(led(through: [.startAsked, .opened, .stopAsked, .closed]).0.state == .stopped)
  }

  @Test func aBusyPortIsTriedAgainWithGrowingPauses() {
    var events: [ServerMachine.Event] = [.startAsked, busy]
    var pauses: [Int64] = []
    for _ in 0..<10 {
      guard case .retry(let pause) = led(through: events).1.first else {
        Issue.record("no retry after \(events.count) events")
        return
      }
      pauses.append(pause)
      events += [.retryDue, busy]
    }
    #expect(pauses == [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    #expect(led(through: events).0.state == .backingOff(reason: "port in use"))
  }

  @Test func jitterShortensAPauseByAQuarterAtMost() {
    var machine = ServerMachine()
    _ = machine.handle(.startAsked, nowMilliseconds: 0, jitter: 1)
    #expect(
      machine.handle(busy, nowMilliseconds: 0, jitter: 1) == [.retry(afterMilliseconds: 188)])
  }

  @Test func aStartDuringThePauseTriesAtOnce() {
    let (machine, actions) = led(through: [.startAsked, busy, .startAsked])
    #expect(machine.state == .starting && actions == [.cancelRetry, .open])
  }

  @Test func aFaultThatNoRetryMendsIsFailedUntilSomebodyStarts() {
    let refused = ServerMachine.Event.openFailed(reason: "permission denied", retryable: false)
    #expect(
      led(through: [.startAsked, refused]).0.state == .failed(reason: "permission denied"))
    #expect(led(through: [.startAsked, refused, .startAsked]).1 == [.open])
    #expect(led(through: [.startAsked, refused, .stopAsked]).0.state == .stopped)
  }

  @Test func aDeadListenerIsClosedAndTriedAgain() {
    let (machine, actions) = led(through: [.startAsked, .opened, .died(reason: "gone")])
    #expect(machine.state == .backingOff(reason: "gone"))
    #expect(actions == [.close, .retry(afterMilliseconds: 250)])
  }

  @Test func aServerThatRanLongStartsItsPausesAnew() {
    var machine = ServerMachine()
    var now: Int64 = 0
    for event in [.startAsked, busy, .retryDue, busy, .retryDue, .opened]
      as [ServerMachine.Event]
    {
      _ = machine.handle(event, nowMilliseconds: now, jitter: 0)
    }
    now = ServerMachine.steadyMilliseconds
    let actions = machine.handle(.died(reason: "gone"), nowMilliseconds: now, jitter: 0)
    #expect(actions == [.close, .retry(afterMilliseconds: 250)])
  }

  @Test func restartClosesThenOpens() {
    let (machine, actions) = led(through: [.startAsked, .opened, .restartAsked, .closed])
    #expect(machine.state == .starting && actions == [.open])
  }

  @Test func stopWinsOverARestartUnderWay() {
    let (machine, _) = led(through: [.startAsked, .opened, .restartAsked, .stopAsked, .closed])
    #expect(machine.state == .stopped)
  }

  @Test func stopWhileOpeningClosesWhatOpens() {
    let (machine, _) = led(through: [.startAsked, .stopAsked, .opened, .closed])
    #expect(machine.state == .stopped)
  }

  @Test func lateEventsOfAPastStateChangeNothing() {
    let late: [ServerMachine.Event] = [
      .opened, busy, .died(reason: "late"), .closed, .retryDue, .stopAsked,
    ]
    for event in late {
      let (machine, actions) = led(through: [event])
      #expect(machine.state == .stopped && actions.isEmpty, "\(event)")
    }
  }
}
