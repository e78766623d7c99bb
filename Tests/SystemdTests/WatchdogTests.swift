import Glibc
import Logging
import Synchronization
import Testing

@testable import Systemd

@Suite struct WatchdogMonitorTests {
  @Test func aPartThatStandsStillIsNamedUntilItMoves() {
    var monitor = WatchdogMonitor()
    #expect(monitor.standing([("lane", .count(1)), ("hub", .count(7))]) == [])
    #expect(monitor.standing([("lane", .count(1)), ("hub", .count(8))]) == ["lane"])
    #expect(monitor.standing([("lane", .count(1)), ("hub", .count(8))]) == ["lane", "hub"])
    #expect(monitor.standing([("lane", .count(2)), ("hub", .count(9))]) == [])
  }

  @Test func anIdlePartMayStandStill() {
    var monitor = WatchdogMonitor()
    for _ in 1...3 { #expect(monitor.standing([("ticker", .idle)]) == []) }
    #expect(monitor.standing([("ticker", .count(4))]) == [])
    #expect(monitor.standing([("ticker", .count(4))]) == ["ticker"])
    #expect(monitor.standing([("ticker", .idle)]) == [])
  }

  @Test func anyChangeIsProgress() {
    var monitor = WatchdogMonitor()
    _ = monitor.standing([("counter", .count(.max))])
    #expect(monitor.standing([("counter", .count(0))]) == [])
  }
}

@Suite struct WatchdogTests {
  /// What a watchdog was given to work with, and what it did.
  private final class Scene: Sendable {
    let sent = Mutex<[String]>([])
    let looks = Atomic<Int>(0)
    let count = Atomic<UInt64>(0)
    let pauses = Mutex<[Duration]>([])
  }

  /// Lets a watchdog look as often as there are steps; before each look after the first the part
  /// moves if its step says so. Returns the messages sent.
  private func run(steps: [Bool], probes: [ProgressProbe] = []) async -> (Scene, [String]) {
    let scene = Scene()
    let part = ProgressProbe("part") { .count(scene.count.load(ordering: .relaxed)) }
    let watchdog = Watchdog(
      deadline: .seconds(8), probes: [part] + probes,
      notifier: Notifier { message in scene.sent.withLock { $0.append(message) } },
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      sleep: { pause in
        scene.pauses.withLock { $0.append(pause) }
        let look = scene.looks.add(1, ordering: .relaxed).oldValue
        guard look < steps.count else { throw CancellationError() }
        if steps[look] { scene.count.add(1, ordering: .relaxed) }
      })
    await watchdog.run()
    return (scene, scene.sent.withLock { $0 })
  }

  @Test func progressFeeds() async {
    let (scene, sent) = await run(steps: [true, true, true])
    #expect(sent == ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"])
    #expect(scene.pauses.withLock { $0 }.allSatisfy { $0 == .seconds(2) })
  }

  @Test func aPartThatHangsIsNotFedAndIsNamedOnce() async {
    let (_, sent) = await run(steps: [false, false, true])
    #expect(sent == ["WATCHDOG=1", "STATUS=no progress in part", "WATCHDOG=1"])
  }

  @Test func anAnswerCountsAsProgress() async {
    let answered = Atomic<Int>(0)
    let probe = ProgressProbe("actor", answering: { answered.add(1, ordering: .relaxed) })
    #expect(probe.read() == .count(0))
    await probe.answer?()
    await probe.answer?()
    #expect(probe.read() == .count(2))
    #expect(answered.load(ordering: .relaxed) == 2)
  }

  @Test func theDeadlineComesFromTheServiceManager() async {
    await #expect(processExitsWith: .success) {
      unsetenv("WATCHDOG_PID")
      setenv("WATCHDOG_USEC", "10000000", 1)
      #expect(Watchdog.deadline == .seconds(10))
      // Meant for another process: inherited by mistake.
      setenv("WATCHDOG_PID", "1", 1)
      #expect(Watchdog.deadline == nil)
      unsetenv("WATCHDOG_PID")
      unsetenv("WATCHDOG_USEC")
      #expect(Watchdog.deadline == nil)
    }
  }
}
