import Ledger
import ManagedDatabase
import Points
import Supervisor

extension Supervisor.Surroundings {
  /// What the ledger's side of the daemon gives the supervisor.
  /// - Parameter managed: the private database, which must be ready first; nil for a given server.
  init(ledger: Ledger, managed: ManagedDatabase?) {
    self.init(
      prepare: {
        if let managed, await !managed.isReady {
          throw LedgerError.unavailable("the private database is starting")
        }
        try await ledger.prepare()
      },
      health: { await ledger.health() },
      runTicker: { interval, report in
        await Ticker(store: ledger, intervalMilliseconds: interval).run(report)
      })
  }
}
