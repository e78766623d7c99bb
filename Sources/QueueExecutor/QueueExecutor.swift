import Dispatch

/// Runs an actor on a serial dispatch queue of its own.
///
/// On Linux a `DispatchQueue` is no executor by itself. Code that already runs on the queue, such
/// as the handler of a dispatch source, may enter the actor by `assumeIsolated`, because
/// `checkIsolated` asks the queue.
public final class QueueExecutor: SerialExecutor {
  public let queue: DispatchQueue

  /// - Parameter label: shown by debuggers and `top -H`. The queue has the default quality of
  ///   service: any other makes libdispatch call setpriority(2), which a sandbox may refuse.
  public init(label: String) {
    self.queue = DispatchQueue(label: label)
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  public func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }
}
