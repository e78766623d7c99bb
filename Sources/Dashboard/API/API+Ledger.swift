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
          answer: .data(OpenAPISchemas.reference("Statistics"), beside: ["stale_seconds"])),
        right: .read
      ) { _, _ in
        let reading = try await control.users()
        return .success(ResponseEncoding.statistics(reading.value), beside: staleness(reading))
      },
      Route(
        .get, "/api/verify",
        .init(
          summary: "Check the ledger against the rule",
          answer: .data(OpenAPISchemas.reference("Verification")), failures: [503]),
        right: .guardedRead
      ) { _, _ in .success(ResponseEncoding.verification(try await control.verify())) },
    ]
  }
}
