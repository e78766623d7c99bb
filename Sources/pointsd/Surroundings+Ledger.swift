import Ledger
import ManagedDatabase
import Points
import Supervisor

extension Supervisor.Surroundings {
  /// What the ledger's side of the daemon gives the supervisor.
  /// - Parameters:
  ///   - managed: the private database, which must be ready first; nil for a given server.
  ///   - source: the configuration file.
  init(
    ledger: Ledger, managed: ManagedDatabase?, source: ConfigurationSource, backups: LedgerBackups
  ) {
    self.init(
      prepare: {
        if let managed, await !managed.isReady {
          throw LedgerError.unavailable("the private database is starting")
        }
        try await ledger.prepare()
      },
      health: { await ledger.health() },
      readConfiguration: { try source.read() },
      backups: backups,
      runTicker: { interval, report in
        await Ticker(store: ledger, intervalMilliseconds: interval).run(report)
      })
  }
}
