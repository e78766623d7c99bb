import Glibc
import Ledger
import Logging
import MariaDB
import Points
import Supervisor

extension Supervisor.Surroundings {
  /// What the ledger's side of the daemon gives the supervisor.
  /// - Parameter settings: of the database; the health connection has a shorter deadline.
  init(ledger: Ledger, settings: ConnectionSettings, logger: Logger) {
    var healthSettings = settings
    healthSettings.readTimeoutSeconds = 1
    healthSettings.connectTimeoutSeconds = 1
    let lock = DaemonLock(settings: healthSettings, holder: .thisProcess)
    self.init(
      prepare: {
        try await Schema.prepare(settings, logger: logger)
        try await lock.acquire()
      },
      health: { await lock.health() },
      runTicker: { interval, report in
        await Ticker(store: ledger, intervalMilliseconds: interval).run(report: report)
      })
  }
}

extension DaemonLock.Holder {
  /// How this process is named to a second daemon.
  static var thisProcess: DaemonLock.Holder {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return DaemonLock.Holder(
      host: host, process: getpid(),
      since: DateTimeStamp(secondsSinceEpoch: Int64(Glibc.time(nil))))
  }
}
