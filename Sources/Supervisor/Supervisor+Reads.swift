import Points

// Reads of what has no last known value: history, operations, audit, the plan of a reload, verify.
extension Supervisor {
  /// How long such a read may take that is short by its nature.
  static let readDeadline = Duration.milliseconds(1500)

  /// How long the look for a single operation may take: a change waits for it with its answer.
  static let lookDeadline = Duration.milliseconds(500)

  /// Reads; refused at once while the database is known to be away, and given up, its connection with
  /// it, when the database goes away or `deadline` is over.
  /// - Parameter deadline: nil for a read that limits itself.
  func answered<Value: Sendable>(
    within deadline: Duration? = readDeadline, _ read: @escaping @Sendable () async throws -> Value
  ) async throws(ControlError) -> Value {
    try requireAnswer()
    let events = hub.subscribe()
    do {
      return try await withThrowingTaskGroup(of: Value?.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await read() }
        group.addTask { try await Self.waitForOutage(events) }
        if let deadline {
          group.addTask { [time] in
            try await time.sleep(deadline)
            throw ControlError.unavailable(
              "database unavailable: it did not answer within \(deadline / .seconds(1)) s")
          }
        }
        while let ended = try await group.next() {
          if let value = ended { return value }
        }
        throw CancellationError()
      }
    } catch let error as ControlError {
      throw error
    } catch let error as LedgerError {
      throw ControlError(error)
    } catch {
      throw .unavailable("the request was given up: \(error)")
    }
  }

  /// Throws when the database goes away; returns when there are no more events, which says nothing.
  private static func waitForOutage<Value>(_ events: AsyncStream<PointsEvent>) async throws
    -> Value?
  {
    for await event in events {
      guard case .database(.away(_, let reason)) = event else { continue }
      throw ControlError.unavailable("database unavailable: \(reason)")
    }
    return nil
  }
}
