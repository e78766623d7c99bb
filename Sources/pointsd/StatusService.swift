import Dashboard
import Logging
import Points
import ServiceLifecycle
import Supervisor
import Systemd

/// Reports the state of the daemon to the service manager: readiness, the status line, the watchdog.
struct StatusService: Service, CustomStringConvertible {
  let description = "status"
  let supervisor: Supervisor
  let dashboard: DashboardService
  let notifier: Notifier
  let watchdog: Watchdog?
  let logger: Logger

  /// A start that takes longer counts as done: degraded, and the status line says so.
  private static let startupGraceInTurns = 100

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.watchdog?.run() }
        group.addTask { await self.tellStatus() }
        await group.waitForAll()
      }
    }
    notifier.stopping(status: "closing the runs")
  }

  private func tellStatus() async {
    var reported = ""
    var looks = 0
    var ready = false
    while !Task.isCancelled {
      let line = await statusLine
      if !ready {
        let failure = await supervisor.readinessFailure()
        ready = failure == nil || looks >= Self.startupGraceInTurns
        if ready { sayReady(failure == nil ? "ready" : "started, but not ready", line) }
      }
      if line != reported { notifier.status(line) }
      reported = line
      looks += 1
      do { try await Task.sleep(for: ready ? .seconds(1) : .milliseconds(100)) } catch { return }
    }
  }

  private func sayReady(_ word: String, _ line: String) {
    notifier.ready()
    let page = dashboard.pageAddress.map { "; the page is \($0)" } ?? ""
    logger.notice("\(word): \(line)\(page)", metadata: ["event": "ready"])
  }

  private var statusLine: String {
    get async {
      StatusLine(
        servers: await supervisor.servers(), database: await supervisor.database(),
        secondsSinceTick: await supervisor.secondsSinceTick, http: dashboard.tcpCondition,
        configuration: await supervisor.configuration()
      ).text
    }
  }
}
