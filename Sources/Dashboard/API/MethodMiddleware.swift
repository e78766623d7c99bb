import HTTPTypes
import Hummingbird

/// Distinguishes a path that does not exist (404) from a method that a path does not have (405).
struct MethodMiddleware: RouterMiddleware {
  typealias Context = DashboardContext

  /// Methods of a path, by its parts; nil stands for a part that varies.
  private let paths: [[String?]: Set<String>]

  init(routes: [Route]) {
    var paths: [[String?]: Set<String>] = [:]
    for route in routes {
      let parts = route.path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) }
      paths[parts, default: []].formUnion(
        route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue])
    }
    self.paths = paths
  }

  func handle(
    _ request: Request, context: DashboardContext,
    next: (Request, DashboardContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPError where error.status == .notFound {
      let allowed = methods(at: request.uri.path)
      // A body that nobody read must not be taken for the next request.
      let headers = RequestBody.isAnnounced(request) ? HTTPFields().closing : HTTPFields()
      guard !allowed.isEmpty else { throw APIError(.notFound, "Not found", headers: headers) }
      let list = allowed.sorted().joined(separator: ", ")
      throw APIError(
        .methodNotAllowed, "\(request.method.rawValue) is not possible here; possible: \(list)",
        headers: HTTPFields(Array(headers) + [HTTPField(name: .allow, value: list)]))
    }
  }

  private func methods(at path: String) -> Set<String> {
    let parts = path.split(separator: "/").map(String.init)
    return paths.reduce(into: []) { methods, entry in
      let fits =
        entry.key.count == parts.count
        && zip(entry.key, parts).allSatisfy { $0 == nil || $0 == $1 }
      if fits { methods.formUnion(entry.value) }
    }
  }
}
