import MariaDB
import Points

extension Ledger {
  /// How long a change waits for a free connection, so that its outcome is known in time.
  private static let connectionDeadline = Duration.seconds(1)

  /// Tries once, and says of a failure what is known.
  func once<Result: Sendable>(
    _ operation: Operation, _ what: String,
    _ body: @Sendable (Connection) async throws -> Result
  ) async throws(LedgerError) -> Result {
    do {
      return try await pool.withConnection(deadline: Self.connectionDeadline, body)
    } catch let error as DatabaseError {
      guard error.kind == .unknown else { throw LedgerError(error, doing: what) }
      throw .unknown(operation: operation.id, reason: "\(error)")
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .unavailable("\(what): \(error)")
    }
  }

  /// Reads, or makes what may be made twice, as often as it helps. Ends with the task.
  func read<Result: Sendable>(
    _ what: String, _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws(LedgerError) -> Result {
    do {
      return try await retries.run(what) {
        try await pool.withInterruptibleConnection { try await $0.run(body) }
      }
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .unavailable("\(what): \(error)")
    }
  }
}

extension LedgerChange {
  /// The user of a change to a single one.
  var onlyUser: String? {
    guard case .change = work, users.count == 1 else { return nil }
    return users.first
  }
}

extension [String] {
  /// A few names, or how many they are.
  var inWords: String { count <= 3 ? joined(separator: ", ") : "\(count) users" }
}
