extension Session {
  /// What a transaction may do and sees.
  public enum Access: Sendable, Hashable {
    case readWrite
    /// Reads only, all from one moment: the moment the transaction begins.
    case snapshot
  }

  /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
  ///
  /// A lost reply to COMMIT is thrown as an error of kind `unknown`: look, then decide. A
  /// transaction inside a transaction is refused: MariaDB would commit the outer one.
  public func transaction<Result>(
    _ access: Access = .readWrite, _ body: (Session) throws -> Result
  ) throws -> Result {
    guard !isInTransaction else {
      throw DatabaseError(kind: .never, message: "a transaction is under way: they do not nest")
    }
    phase = .transaction
    defer {
      isInTransaction = false
      phase = .statement
    }
    switch access {
    case .readWrite: try executeText("START TRANSACTION")
    case .snapshot: try executeText("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    }
    isInTransaction = true
    let result: Result
    do {
      result = try body(self)
    } catch {
      rollBack()
      throw error
    }
    try commit()
    return result
  }

  private func commit() throws {
    phase = .committing
    do {
      try executeText("COMMIT")
    } catch {
      rollBack()
      throw error
    }
  }

  /// A transaction that cannot be rolled back is ended by closing the connection: the server rolls
  /// back what its client leaves behind.
  private func rollBack() {
    guard !isBroken else { return }
    do {
      try executeText("ROLLBACK")
    } catch {
      close()
    }
  }
}
