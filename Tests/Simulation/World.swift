import CTaskJobs
import Points
import Supervisor

/// Everything of one run that is not the product: its time, its chance, and the jobs of Swift's
/// concurrency, run one after the other on the thread that made the world. Nothing else touches it.
final class World: @unchecked Sendable {
  /// Milliseconds since the run began.
  private(set) var now: Int64 = 0
  var random: Generator
  /// Whether what happens is printed.
  let traces: Bool
  /// What was found wrong.
  private(set) var faults: [String] = []
  private var events: [(time: Int64, number: Int, body: () -> Void)] = []
  private var nextEvent = 0
  private var sleepers: [Int: CheckedContinuation<Void, any Error>] = [:]
  private var nextSleeper = 0
  private let executor = JobExecutor()

  init(seed: UInt64, traces: Bool) {
    random = Generator(seed: seed)
    self.traces = traces
    JobExecutor.jobs.removeAll()
  }

  /// Does something later.
  func after(_ milliseconds: Int64, _ body: @escaping () -> Void) {
    let time = now + max(0, milliseconds)
    nextEvent += 1
    // The earliest is last; of two at one time the older one.
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      if events[middle].time > time { low = middle + 1 } else { high = middle }
    }
    events.insert((time, nextEvent, body), at: low)
  }

  /// Sleeps in simulated time; throws when the task is cancelled.
  func sleep(_ milliseconds: Int64) async throws {
    nextSleeper += 1
    let sleeper = nextSleeper
    try await withTaskCancellationHandler {
      try Task.checkCancellation()
      try await withCheckedThrowingContinuation { continuation in
        sleepers[sleeper] = continuation
        after(milliseconds) { self.sleepers.removeValue(forKey: sleeper)?.resume() }
      }
    } onCancel: {
      self.sleepers.removeValue(forKey: sleeper)?.resume(throwing: CancellationError())
    }
  }

  /// Waits in simulated time, cancelled or not.
  func pause(_ milliseconds: Int64) async {
    await withCheckedContinuation { continuation in
      after(milliseconds) { continuation.resume() }
    }
  }

  /// Runs jobs, and moves time on whenever there are none, until a moment.
  func run(until end: Int64) {
    while true {
      runJobs()
      guard let next = events.last, next.time <= end else { break }
      events.removeLast()
      now = next.time
      next.body()
    }
    now = max(now, end)
  }

  /// Any of the jobs that are ready may be next: their order is no promise of Swift's.
  private func runJobs() {
    while !JobExecutor.jobs.isEmpty {
      let index = JobExecutor.jobs.count == 1 ? 0 : random.below(JobExecutor.jobs.count)
      let job = JobExecutor.jobs.remove(at: index)
      job.runSynchronously(on: executor.asUnownedTaskExecutor())
    }
  }

  func trace(_ line: @autoclosure () -> String) {
    if traces { print("\(timeText)  \(line())") }
  }

  /// Something is wrong; the run goes on, and fails.
  func fault(_ line: String) {
    faults.append("\(timeText)  \(line)")
    trace("FAULT \(line)")
  }

  private var timeText: String {
    let thousandths = String(1000 + now % 1000).dropFirst()
    return "\(now / 1000).\(thousandths)"
  }

  /// What a supervisor takes time from.
  /// - Parameter clock: how far its machine's clock is off, in milliseconds.
  func timeSource(clock: Int64) -> TimeSource {
    TimeSource(
      monotonicMilliseconds: { self.now },
      wallMilliseconds: { DatabaseServer.epoch + self.now + clock },
      sleep: { try await self.sleep(Int64($0 / .milliseconds(1))) },
      random: { Double(self.random.below(1000)) / 999 })
  }
}

/// Keeps the jobs of the process until a world runs them.
final class JobExecutor: TaskExecutor {
  /// Touched by the main thread alone.
  nonisolated(unsafe) static var jobs: [UnownedJob] = []

  func enqueue(_ job: UnownedJob) { Self.jobs.append(job) }

  /// Takes the place of Swift's threads for the rest of the process.
  static func takeOver() {
    take_task_jobs { JobExecutor.jobs.append(unsafeBitCast($0, to: UnownedJob.self)) }
  }
}

/// Numbers that a seed decides: SplitMix64.
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// 0 to `count` − 1.
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// True so many times in a hundred.
  mutating func percent(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
