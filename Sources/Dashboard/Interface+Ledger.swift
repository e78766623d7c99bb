import HTTPTypes
import Hummingbird
import Points

extension Interface {
  /// Figures over all users, and the check of the ledger.
  var ledgerRoutes: [Route] {
    [
      Route(
        .get, "/api/stats",
        .init(
          summary: "Total, average, maximum and minimum of the points",
          answer: .data(OpenAPISchemas.reference("Statistics"), beside: ["stale_seconds"])),
        right: .read
      ) { _, _ in
        let reading = try await control.users()
        return .success(Documents.statistics(reading.value), beside: staleness(reading))
      },
      Route(
        .get, "/api/verify",
        .init(
          summary: "Check the ledger against the rule",
          answer: .data(OpenAPISchemas.reference("Verification")), failures: [503]),
        right: .guardedRead
      ) { _, _ in .success(Documents.verification(try await control.verify())) },
    ]
  }
}
