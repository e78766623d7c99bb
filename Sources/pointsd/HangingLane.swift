#if DEBUG
  import Lanes
  import ServiceLifecycle
  import UnixSignals

  /// SIGUSR2 lets a lane hang, so that the system test can see the watchdog end the daemon. A
  /// release build has nothing of it.
  struct HangingLane: Service {
    let lanes: LaneSet

    func run() async throws {
      let signals = await UnixSignalsSequence(trapping: .sigusr2)
      for await _ in signals.cancelOnGracefulShutdown() { lanes.hang() }
    }
  }
#endif
