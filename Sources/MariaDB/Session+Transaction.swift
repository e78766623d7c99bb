extension Session {
  /// See `Connection.transaction`.
  func transaction<T>(_ access: TransactionAccess, _ body: (Session) throws -> T) throws -> T {
    switch access {
    case .readWrite: try command("START TRANSACTION")
    case .snapshot: try command("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    }
    let value: T
    do {
      value = try body(self)
    } catch {
      rollBack()
      throw error
    }
    try commit()
    return value
  }

  private func commit() throws {
    phase = .committing
    defer { phase = .statement }
    do {
      try command("COMMIT")
    } catch {
      rollBack()
      throw error
    }
  }

  /// A transaction that cannot be rolled back is ended by closing the connection: the server rolls
  /// back what its client leaves behind.
  private func rollBack() {
    guard handle != nil else { return }
    do {
      try command("ROLLBACK")
    } catch {
      close()
    }
  }
}
