import Hummingbird
import Points

/// What a key that may have been used before means for "not done".
///
/// 503 says that a change was not done and never will be. Of a change with a key only a look into the
/// ledger can say so: the same change may have been made under it before this daemon was started.
extension API {
  /// Answers a request for a change.
  func carryOut(
    _ route: Route, _ request: Request, _ context: DashboardContext
  ) async throws -> Response {
    do {
      return try await route.handler(request, context)
    } catch ControlError.unavailable(let reason) {
      guard let key = try IdempotencyKey.read(request) else {
        throw ControlError.unavailable(reason)
      }
      throw await answer(notDone: reason, key: key, account: await context.requester())
    }
  }

  private func answer(notDone reason: String, key: String, account: String) async -> ControlError {
    do {
      guard let earlier = try await control.operations(.key(key, account: account)).first else {
        return .unavailable(reason)
      }
      return .unknown(
        operation: earlier.operation.id,
        "\(reason). A change was made under this key before; its operation says what it came to")
    } catch {
      return .unknown(
        operation: OperationReference.identifier(ofKey: key),
        "\(reason). This request changed nothing; whether one with the same key did before is not"
          + " known until the ledger can be read")
    }
  }
}
