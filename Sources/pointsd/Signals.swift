import ArgumentParser
import CLinux
import Dispatch
import Glibc
import Logging
import Points
import Processes
import ServiceLifecycle
import Supervisor
import Systemd

/// What signals do: the first that asks for the end stops cleanly, the second ends at once; SIGHUP
/// asks for a reload, or says that the terminal was closed, which is a wish for the end; all others that would end the process are ignored, since an end without a stop
/// would leave the database running.
struct Signals {
  let group: ServiceGroup
  let supervisor: Supervisor
  let awaited: Awaited
  let logger: Logger
  private let terminal = ControllingTerminal()

  init(group: ServiceGroup, supervisor: Supervisor, awaited: Awaited, logger: Logger) {
    self.group = group
    self.supervisor = supervisor
    self.awaited = awaited
    self.logger = logger
  }

  /// Signals that are answered, received since before anything was started.
  struct Awaited {
    let ending: SignalStream
    let reload: SignalStream
    /// Of children that ended, where orphans are collected.
    let children: SignalStream?

    init() throws(SignalStream.CannotReceive) {
      ending = try SignalStream(Signals.ending)
      reload = try SignalStream(SIGHUP)
      children = OrphanReaper.isNeeded ? try SignalStream(SIGCHLD) : nil
    }
  }

  /// A terminal's or an operator's wish, a power supply that fails, and a limit of processor time
  /// that is used up.
  static let ending = [SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU]
  /// SIGPIPE and SIGXFSZ are error numbers of writes. The stack's faults and SIGABRT stay ends.
  private static let ignored = [
    SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGPIPE, SIGXFSZ,
  ]

  /// To be called before anything is started.
  static func ignoreOthers() {
    for number in ignored { signal(number, SIG_IGN) }
    clinux_ignore_realtime_signals()
  }

  /// Returns when the task is cancelled.
  func watch() async {
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await watchForReload() }
      if let children = awaited.children {
        tasks.addTask { await watchForOrphans(children) }
      }
      await watchForEnd()
      tasks.cancelAll()
    }
  }

  private func watchForOrphans(_ children: SignalStream) async {
    OrphanReaper.collect()
    for await _ in children { OrphanReaper.collect() }
  }

  private func watchForReload() async {
    for await _ in awaited.reload {
      if terminal.isClosed {
        logger.notice("stopping, the terminal was closed", metadata: ["event": "stop"])
        await group.triggerGracefulShutdown()
        continue
      }
      do {
        _ = try await supervisor.reload(by: Operation(requestedBy: "SIGHUP", reason: nil))
      } catch {
        // Log, status line, page and metrics have it from the supervisor.
        logger.debug("reload refused: \(error)")
      }
    }
  }

  private func watchForEnd() async {
    var asked = false
    for await signal in awaited.ending {
      if asked {
        logger.critical(
          "ended by a second signal; the runs were left open and their time will be credited",
          metadata: ["event": "runs-left-open"])
        // Nothing else may delay this end, neither a service nor an exit handler.
        LogOutput.flush(milliseconds: 200)
        _exit(ExitStatus.tryAgain.rawValue)
      }
      asked = true
      logger.notice(
        "stopping, asked by \(Self.name(signal))", metadata: ["event": "stop"])
      await group.triggerGracefulShutdown()
    }
  }

  private static func name(_ signal: Int32) -> String {
    switch signal {
    case SIGTERM: "SIGTERM"
    case SIGINT: "SIGINT"
    case SIGQUIT: "SIGQUIT"
    case SIGPWR: "SIGPWR"
    case SIGXCPU: "SIGXCPU"
    default: "signal \(signal)"
    }
  }
}
