import Glibc
import MariaDB
import Points

/// Keeps a second daemon off the same database, and says whether the database answers: the health
/// connection, apart from the pool.
///
/// The lock is the connection's: the server frees it when the daemon dies. Beneath it the tick is
/// idempotent, so that even two daemons would not pay twice.
actor InstanceLock {
  private let settings: ConnectionSettings
  /// How this daemon is named to a second one.
  private let holder: String
  private var connection: Connection?
  /// The lock's session as the server numbers it, and the word that was left of it: a session of
  /// ours that the server still has after the network failed is known by them.
  private var former: LockHolder?
  private var attempt: Task<Connection, any Error>?

  /// - Parameter settings: of the daemon's account.
  init(settings: ConnectionSettings, instance: String) {
    var settings = settings
    // An outage becomes known soon.
    settings.readTimeoutSeconds = 2
    settings.statementTimeoutSeconds = 0
    self.settings = settings
    self.holder = "\(instance) (process \(getpid()))"
  }

  /// Takes the lock. Throws `LedgerError`: `refused` names the daemon that has it.
  func acquire() async throws {
    try await translated("take the database's lock") {
      if let connection, !connection.isBroken { return }
      // One attempt for all who ask meanwhile: two would find each other's lock.
      let attempt =
        attempt
        ?? Task { [settings, holder, former] in
          let fresh = try await Connection.open(settings)
          do {
            try await fresh.run { try $0.takeDaemonLock(as: holder, after: former) }
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
      former = try await fresh.run { try $0.lockHolder() }
    }
  }

  /// Leaves word of who has the lock, now that the tables are there.
  func announce() async throws {
    try await translated("leave word in the database") {
      let holder = holder
      former = try await connection?.run { session in
        try session.announce(holder)
        return try session.lockHolder()
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
  func health() async -> LedgerHealth {
    do {
      try await acquire()
      guard let connection else { return .away("not connected") }
      try await connection.run { session in _ = try session.nowMilliseconds() }
      return .available
    } catch LedgerError.refused(let reason) {
      return .taken(reason)
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

extension Session {
  /// The lock's name. The server ends a session that says nothing for 8 s, and the lock with it: the
  /// daemon asks each second.
  private static let lockName = Statement.lockName("daemon")

  func takeDaemonLock(as holder: String, after former: LockHolder?) throws {
    var locked: Int64?
    try executeText("SET SESSION wait_timeout = 8")
    if let former, try lockHolder() == former {
      // Our own session, which the network took from us.
      try executeText("KILL \(former.session)")
    }
    // A daemon that was killed just now is still being noticed by the server. Several short waits,
    // because one long wait would outlast the connection's read deadline.
    for _ in 0..<5 where locked != 1 {
      try query(
        "SELECT GET_LOCK(\(Self.lockName), 1)",
        each: { locked = try $0.optionalInteger(0) })
    }
    guard locked == 1 else {
      let other =
        try tableExists("ledger_settings") ? setting("holder") ?? "not known" : "not known"
      throw LedgerError.refused(
        "another pointsd works on this database: \(other); stop it first, or use another database")
    }
    try announce(holder)
  }

  /// Who has the lock; nil when nobody has.
  func lockHolder() throws -> LockHolder? {
    let session =
      try query(
        "SELECT CAST(IS_USED_LOCK(\(Self.lockName)) AS SIGNED)", row: { try $0.optionalInteger(0) }
      ).first ?? nil
    guard let session else { return nil }
    let word = try tableExists("ledger_settings") ? setting("holder") : nil
    return LockHolder(session: session, word: word ?? "")
  }

  /// Leaves word of who has the lock, where there is a place for it: a database that is refused
  /// later on is left as it was.
  fileprivate func announce(_ holder: String) throws {
    guard try tableExists("ledger_settings") else { return }
    let since = DateTimeStamp(millisecondsSinceEpoch: try nowMilliseconds())
    try set("holder", to: "\(holder), since \(since) UTC")
  }
}
