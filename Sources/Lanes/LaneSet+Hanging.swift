#if DEBUG
  import Dispatch
  import QueueExecutor

  extension LaneSet {
    /// Lets the first lane hang for ever, for a test of what becomes of the daemon then. In debug
    /// builds only.
    package func hang() {
      lanes.first?.executor.queue.async { DispatchSemaphore(value: 0).wait() }
    }
  }
#endif
