import HTTPTypes
import Hummingbird
import Points

extension API {
  /// Figures over all users, and the check of the ledger.
  var ledgerRoutes: [Route] {
    [
      Route(
        .get, "/api/stats",
        .init(
          summary: "Total, average, maximum and minimum of the points",
          answer: .data(Shapes.statistics.reference, beside: ["stale_seconds"])),
        right: .read
      ) { _, _ in
        let reading = try await control.users()
        return .success(Shapes.statistics.json(reading.value), beside: staleness(reading))
      },
      Route(
        .get, "/api/verify",
        .init(
          summary: "Check the ledger against the rule",
          answer: .data(Shapes.verification.reference), failures: [503]),
        right: .guardedRead
      ) { _, _ in .success(Shapes.verification.json(try await control.verify())) },
    ]
  }
}
