extension ConnectionPool {
  /// Runs `body` with a connection that is given back afterwards, however it ends.
  /// - Parameter deadline: how long to wait for a free connection.
  public nonisolated func withConnection<Result: Sendable>(
    deadline: Duration = .seconds(2), _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    let lease = try await lease(deadline: deadline)
    do {
      let result = try await body(lease.connection)
      await release(lease)
      return result
    } catch {
      await release(lease)
      throw error
    }
  }

  /// Runs `body` with a connection that is cut when the task is cancelled: for what may be given up at
  /// any moment, because it changes nothing or may be done twice.
  /// - Parameter deadline: how long to wait for a free connection.
  public nonisolated func withInterruptibleConnection<Result: Sendable>(
    deadline: Duration = .seconds(2), _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    try await withConnection(deadline: deadline) { connection in
      try await withTaskCancellationHandler {
        try await body(connection)
      } onCancel: {
        connection.abort()
      }
    }
  }

  /// Runs statements on a connection. Throws what `body` throws, and `DatabaseError`.
  /// - Parameter deadline: how long to wait for a free connection.
  public nonisolated func run<Result: Sendable>(
    deadline: Duration = .seconds(2), _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    try await withConnection(deadline: deadline) { try await $0.run(body) }
  }

  /// Runs `body` as one transaction; see `Session.transaction`.
  public nonisolated func transaction<Result: Sendable>(
    _ access: Session.Access = .readWrite, deadline: Duration = .seconds(2),
    _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    try await withConnection(deadline: deadline) { try await $0.transaction(access, body) }
  }
}
