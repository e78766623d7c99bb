import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import Dashboard

@Suite struct OpenAPITests {
  let fixture = RouterFixture()

  private func document() async throws -> [String: Any] {
    let body = try await fixture.get("/api/openapi.json").body
    let object = try JSONSerialization.jsonObject(with: Data(body.utf8))
    return try #require(object as? [String: Any])
  }

  @Test func describesEveryRouteAndNothingElse() async throws {
    let paths = try #require(try await document()["paths"] as? [String: [String: Any]])
    let described = paths.flatMap { path, methods in methods.keys.map { "\($0) \(path)" } }
    let registered = fixture.router.routes.map {
      "\($0.method.rawValue.lowercased()) \($0.path)"
    }
    #expect(Set(described) == Set(registered))
    #expect(described.count == registered.count)
    #expect(registered.count > 25)
  }

  @Test func hasEveryRouteOfTheInterface() {
    let registered = Set(fixture.router.routes.map { "\($0.method.rawValue) \($0.path)" })
    let users = ["toggle", "pause", "resume", "reset", "adjust"].map {
      "POST /api/users/{name}/\($0)"
    }
    let servers = ["start", "stop", "restart"].map { "POST /api/servers/{name}/\($0)" }
    let groups = ["start", "stop", "restart", "pause", "resume", "reset"].map {
      "POST /api/groups/{group}/\($0)"
    }
    let reading = [
      "/api/users", "/api/users/{name}", "/api/users/{name}/status", "/api/users/{name}/history",
      "/api/servers", "/api/stats", "/api/events", "/api/verify", "/api/openapi.json", "/healthz",
      "/readyz", "/metrics", "/",
    ].map { "GET \($0)" }
    for route in users + servers + groups + reading { #expect(registered.contains(route)) }
  }

  @Test func referencesLeadSomewhere() async throws {
    let document = try await document()
    var references: Set<String> = []
    func collect(_ value: Any) {
      if let object = value as? [String: Any] {
        if let reference = object["$ref"] as? String { references.insert(reference) }
        object.values.forEach(collect)
      } else if let list = value as? [Any] {
        list.forEach(collect)
      }
    }
    collect(document)
    #expect(references.count > 5)
    for reference in references {
      let parts = reference.dropFirst(2).split(separator: "/").map(String.init)
      let target = parts.reduce(document as Any?) { ($0 as? [String: Any])?[$1] }
      #expect(target != nil, "\(reference)")
    }
  }

  @Test func operationsAreNamedOnce() async throws {
    let paths = try #require(try await document()["paths"] as? [String: [String: Any]])
    let names = paths.values.flatMap(\.values).compactMap { operation in
      (operation as? [String: Any])?["operationId"] as? String
    }
    #expect(names.count == fixture.api.routes.count)
    #expect(Set(names).count == names.count)
  }
}
