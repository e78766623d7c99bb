import Dispatch

/// Runs an actor on a serial queue of its own, where it may block.
///
/// Dispatch's queues are no executors on Linux. With `checkIsolated()`, code that was put on the
/// queue directly may touch the actor's state through `assumeIsolated`.
final class QueueExecutor: SerialExecutor {
  let queue: DispatchQueue

  init(label: String) {
    // No target queue: a blocked connection never holds another queue's thread.
    queue = DispatchQueue(label: label)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { [self] in
      job.runSynchronously(on: asUnownedSerialExecutor())
    }
  }

  func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }
}
