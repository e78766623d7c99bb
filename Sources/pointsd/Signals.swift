import ArgumentParser
import Glibc
import Logging
import Points
import ServiceLifecycle
import Supervisor
import Systemd
import UnixSignals

/// SIGTERM and SIGINT: the first asks for a clean stop, the second ends at once. SIGHUP asks for a
/// reload.
struct Signals {
  let group: ServiceGroup
  let supervisor: Supervisor
  let logger: Logger

  /// Returns when the task is cancelled.
  func watch() async {
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await watchForReload() }
      await watchForEnd()
      tasks.cancelAll()
    }
  }

  private func watchForReload() async {
    for await _ in await UnixSignalsSequence(trapping: .sighup) {
      do {
        _ = try await supervisor.reload(by: Operation(who: "SIGHUP", reason: nil))
      } catch {
        // The supervisor told log, status line, page and metrics; a signal has nobody else to tell.
        logger.debug("reload refused: \(error)")
      }
    }
  }

  private func watchForEnd() async {
    var asked = false
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
      if asked {
        logger.critical(
          "ended by a second signal; the runs were left open and their time will be credited",
          metadata: ["event": "runs-left-open"])
        // Nothing else may delay this end, neither a service nor an exit handler.
        LogOutput.flush(milliseconds: 200)
        _exit(ExitStatus.tryAgain.rawValue)
      }
      asked = true
      logger.notice("stopping, asked by \(signal)", metadata: ["event": "stop"])
      await group.triggerGracefulShutdown()
    }
  }
}
