import Glibc
import Logging
import MariaDB
import Points

/// Keeps a second daemon off the same database, or one of the same name where several are meant, and
/// says whether the database answers: the health connection, apart from the pool.
///
/// The lock is the connection's: the server frees it when the daemon dies. Beneath it the tick is
/// idempotent, so that even two daemons would not pay twice.
actor InstanceLock {
  private let settings: ConnectionSettings
  /// How this daemon is named to a second one.
  private let holder: String
  private let instance: String
  private let isShared: Bool
  private let logger: Logger?
  private var connection: Connection?
  /// The lock's session as the server numbers it, and the word that was left of it: a session of
  /// ours that the server still has after the network failed is known by them.
  private var former: LockHolder?
  private var attempt: Task<Connection, any Error>?
  private var healthChecks = 0

  /// How often, in checks of the health, the ledger is given a sign of life.
  private static let checksPerSighting = 5

  /// - Parameters:
  ///   - settings: of the daemon's account.
  ///   - isShared: whether other daemons on this database are meant.
  init(
    settings: ConnectionSettings, instance: String, isShared: Bool = false, logger: Logger? = nil
  ) {
    var settings = settings
    // An outage becomes known soon.
    settings.readTimeoutSeconds = 2
    settings.statementTimeoutSeconds = 0
    self.settings = settings
    self.holder = "\(instance) (process \(getpid()))"
    self.instance = instance
    self.isShared = isShared
    self.logger = logger
  }

  /// Takes the lock. Throws `LedgerError`: `refused` names the daemon that has it.
  /// - Parameter tries: seconds for which one that has it is waited for.
  func acquire(tries: Int = 5) async throws {
    try await translated("take the database's lock") {
      if let connection, !connection.isBroken { return }
      // One attempt for all who ask meanwhile: two would find each other's lock.
      let attempt =
        attempt
        ?? Task { [settings, holder, former, instance = isShared ? instance : nil] in
          let fresh = try await Connection.open(settings)
          do {
            try await fresh.run {
              try $0.takeDaemonLock(
                as: holder, sharedAs: instance, after: former, tries: tries)
            }
          } catch {
            await fresh.close()
            throw error
          }
          return fresh
        }
      self.attempt = attempt
      defer { self.attempt = nil }
      let fresh = try await attempt.value
      connection = fresh
      former = try await fresh.run { [kind] in try $0.lockHolder(kind) }
    }
  }

  private var kind: LockKind { isShared ? .instance(instance) : .database }

  /// Leaves word of who has the lock, now that the tables are there.
  func announce() async throws {
    try await translated("leave word in the database") {
      former = try await connection?.run { [holder, kind] session in
        try session.announce(holder, kind)
        return try session.lockHolder(kind)
      }
    }
  }

  /// Gives the lock back.
  func release() async {
    let given = connection
    connection = nil
    await given?.close()
  }

  /// Asks the database on the lock's connection; connects, and takes the lock, again when that is
  /// gone.
  func health(tries: Int = 5) async -> LedgerHealth {
    do {
      try await acquire(tries: tries)
      guard let connection else { return .away("not connected") }
      healthChecks += 1
      let isDue = healthChecks % Self.checksPerSighting == 1
      try await connection.run { [instance, logger] session in
        _ = try session.nowMilliseconds()
        guard isDue else { return }
        do {
          try session.noteSighting(of: instance)
        } catch {
          // The lock says to others that we are alive; when the ledger cannot be written to for
          // longer, the loop says so.
          logger?.debug("that this instance is alive cannot be noted: \(error)")
        }
      }
      return .available
    } catch LedgerError.refused(let reason) {
      return .taken(reason)
    } catch let error as LedgerError {
      return .away(error.reason)
    } catch let error as DatabaseError {
      await release()
      return .away("\(error)")
    } catch {
      return .away("\(error)")
    }
  }
}

/// Who has the lock.
struct LockHolder: Sendable, Hashable {
  /// The session's number; the server starts again at 1.
  let session: Int64
  /// With the moment it was taken at.
  let word: String
}
