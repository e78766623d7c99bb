import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// SIGTERM and SIGINT: the first asks for a clean stop, the second ends at once.
struct Signals {
  let group: ServiceGroup
  let logger: Logger

  /// Returns when the task is cancelled.
  func watch() async {
    var asked = false
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
      if asked {
        logger.critical(
          "ended by a second signal; the runs were left open and their time will be credited",
          metadata: ["event": "runs-left-open"])
        // Nothing may delay this end, neither a service nor an exit handler.
        _exit(ExitStatus.tryAgain.rawValue)
      }
      asked = true
      logger.notice("stopping, asked by \(signal)", metadata: ["event": "stop"])
      await group.triggerGracefulShutdown()
    }
  }
}
