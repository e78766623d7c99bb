import Dispatch

/// Runs an actor's jobs on a serial queue, so that the queue's event handlers may touch the actor's
/// state: on Linux a `DispatchQueue` is no executor by itself.
final class LaneExecutor: SerialExecutor {
  let queue: DispatchQueue

  /// - Parameter label: names the queue in a debugger.
  init(label: String) {
    // Default quality of service: a raised one makes libdispatch call setpriority, which a
    // sandbox's filter of system calls refuses.
    queue = DispatchQueue(label: label)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
