#if DEBUG
  import Glibc
  import Lanes
  import ServiceLifecycle

  /// SIGUSR2 lets a lane hang, so that the system test can see the watchdog end the daemon. A
  /// release build has nothing of it.
  struct HangingLane: Service {
    let lanes: LaneSet

    func run() async throws {
      for await _ in try SignalStream(SIGUSR2).cancelOnGracefulShutdown() { lanes.hang() }
    }
  }
#endif
