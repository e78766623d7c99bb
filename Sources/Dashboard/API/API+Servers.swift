import HTTPTypes
import Hummingbird
import Points

extension API {
  /// Servers and groups: reading, starting, stopping, restarting.
  var serverRoutes: [Route] {
    let list = Route(
      .get, "/api/servers",
      .init(
        summary: "All servers, in the order of the configuration",
        answer: .data(Shapes.server.listReference, beside: ["stale_seconds"])), right: .read
    ) { _, context in await listing(await control.servers(), context.caller.audience) }
    let single = [ServerVerb.start, .stop, .restart].map(serverRoute)
    return [list] + single + ServerVerb.allCases.map(groupRoute)
  }

  /// What can be asked of servers.
  private enum ServerVerb: String, Sendable, CaseIterable {
    case start
    case stop
    case restart
    case pause
    case resume
    case reset

    /// What the ledger is asked; nil where it has nothing to do.
    var change: Change? {
      switch self {
      case .start: .start
      case .stop: .stop
      case .restart: nil
      case .pause: .pause
      case .resume: .resume
      case .reset: .reset
      }
    }

    var summary: String {
      switch self {
      case .start: "Listen and earn"
      case .stop: "Close the listener, earn nothing"
      case .restart: "Close the listener and open it again; the run goes on"
      case .pause: "Stop earning, keep answering"
      case .resume: "Earn again"
      case .reset: "Set the points to 0"
      }
    }
  }

  private func serverRoute(_ verb: ServerVerb) -> Route {
    Route(
      .post, "/api/servers/{name}/\(verb.rawValue)",
      description("\(verb.summary): one server", failures: [404, 409]), right: .change
    ) { request, context in
      let name = try parameter("name", context)
      let body = try await ChangeBody.reason(request)
      let operation = try await operation(request, context, reason: body.reason)
      return await listing([try await carryOut(verb, on: name, by: operation)], .permitted)
    }
  }

  private func groupRoute(_ verb: ServerVerb) -> Route {
    Route(
      .post, "/api/groups/{group}/\(verb.rawValue)",
      description("\(verb.summary): every server of a group", failures: [404, 409]), right: .change
    ) { request, context in
      let group = try parameter("group", context)
      let body = try await ChangeBody.reason(request)
      let members = try await control.members(ofProfile: group)
      let asked = try await operation(request, context, reason: body.reason)
      let servers = try await together(verb, members, asked)
      return await listing(servers, .permitted)
    }
  }

  /// Servers with their users' points, as far as those are known.
  private func listing(_ servers: [ServerStatus], _ audience: Audience) async -> Response {
    // That nothing is known of points is no reason to say nothing of servers.
    let reading = try? await control.users()
    let points = Dictionary(
      (reading?.value ?? []).map { ($0.user, $0.points) }, uniquingKeysWith: { first, _ in first })
    return .success(
      Shapes.server.list(servers.map { ($0, audience, points[$0.user]) }),
      beside: reading.map(staleness) ?? [])
  }

  private func description(_ summary: String, failures: [Int]) -> Route.Description {
    Route.Description(
      summary: summary,
      answer: .data(Shapes.server.listReference, beside: ["stale_seconds"]), body: "Reason",
      failures: failures)
  }

  private func carryOut(
    _ verb: ServerVerb, on name: String, by operation: Operation
  ) async throws -> ServerStatus {
    guard let change = verb.change else { return try await control.restart(name, by: operation) }
    return try await control.apply(change, to: name, by: operation)
  }

  /// All members by one operation.
  private func together(
    _ verb: ServerVerb, _ members: [String], _ asked: Operation
  ) async throws -> [ServerStatus] {
    guard let change = verb.change else { return try await restartInTurn(members, asked) }
    let outcome: GroupOutcome
    do {
      outcome = try await control.apply(change, toAll: members, by: asked)
    } catch ControlError.unknown(let identifier, let message) {
      throw APIError(
        .gatewayTimeout, message, operation: identifier,
        users: members.map { .init(user: $0, result: .unknown) })
    }
    guard let first = outcome.users.first(where: { $0.result != .done }) else {
      return outcome.servers
    }
    let done = outcome.users.count { $0.result == .done }
    throw APIError(
      first.result == .refused ? .conflict : .serviceUnavailable,
      "\(first.user): \(first.reason ?? first.result.rawValue)"
        + " (\(done) of \(outcome.users.count) done)", operation: asked.id, users: outcome.users)
  }

  /// One after the other; stops at the first that does not come up again.
  private func restartInTurn(
    _ members: [String], _ asked: Operation
  ) async throws -> [ServerStatus] {
    var done: [ServerStatus] = []
    for member in members {
      let untouched = "\(done.count) of \(members.count) done, the rest was left alone"
      let status: ServerStatus
      do {
        status = try await control.restart(member, by: asked)
      } catch {
        throw incomplete(error, member, untouched)
      }
      if status.status == .failed || status.status == .backingOff || status.status == .starting {
        let reason = status.reason ?? status.status.rawValue
        throw APIError(.conflict, "\(status.name) did not come up: \(reason) (\(untouched))")
      }
      done.append(status)
    }
    return done
  }

  /// The first failure among several, with its name and what became of the others.
  private func incomplete(_ error: any Error, _ member: String, _ remainder: String) -> any Error {
    guard let failure = APIError(error) else { return error }
    return APIError(failure.status, "\(member): \(failure.message) (\(remainder))")
  }
}
