import Glibc
import MariaDB
import Points

/// Keeps a second daemon off the same database, and says whether the database answers: the health
/// connection, apart from the pool.
///
/// The lock is the connection's: the server frees it when the daemon dies, or when nothing was heard
/// of it for `idleSeconds`. A daemon whose connection was cut knows its own lock by the connection's
/// number and takes it back. Beneath it the tick is idempotent, so that even two daemons would not
/// pay twice.
actor InstanceLock {
  private let settings: ConnectionSettings
  /// How this daemon is named to a second one.
  private let holder: String
  private var connection: Connection?
  /// Connections that were forgotten and not closed.
  private var lost: [Connection] = []
  /// The server's number of the latest connection that held the lock.
  private var number: Int64?
  private var attempt: Task<(Connection, Int64), any Error>?

  /// After so many seconds without a word the server takes the connection for dead. Health is asked
  /// every second.
  private static let idleSeconds = 10

  /// - Parameter settings: of the daemon's account.
  init(settings: ConnectionSettings, instance: String) {
    var settings = settings
    // An outage is known soon.
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
        ?? Task { [settings, holder, number] in
          let fresh = try await Connection.open(settings)
          do {
            let number = try await fresh.run { session in
              try session.executeText("SET SESSION wait_timeout = \(Self.idleSeconds)")
              return try session.takeInstanceLock(as: holder, earlier: number)
            }
            return (fresh, number)
          } catch {
            await fresh.close()
            throw error
          }
        }
      self.attempt = attempt
      defer { self.attempt = nil }
      (connection, number) = try await attempt.value
    }
  }

  /// Leaves word of who has the lock, now that the tables are there.
  func announce() async throws {
    try await translated("leave word in the database") {
      let holder = holder
      try await connection?.run { try $0.announce(holder) }
    }
  }

  /// Gives the lock back.
  func release() async {
    let given = connection
    connection = nil
    await given?.close()
  }

  /// Forgets the connection without a word to the server, as a cut network does (tests).
  func loseConnection() {
    connection.map { lost.append($0) }
    connection = nil
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

extension Session {
  private static let lockName = "CONCAT('pointsd daemon ', MD5(DATABASE()))"

  /// - Parameter earlier: the number of the connection that held the lock for this daemon before;
  ///   the server may not have noticed yet that it is gone.
  /// - Returns: the number of this connection.
  fileprivate func takeInstanceLock(as holder: String, earlier: Int64?) throws -> Int64 {
    var owner: Int64?
    // Several short waits, because one long wait would outlast the connection's read deadline.
    for _ in 0..<3 {
      var locked: Int64?
      try query(
        "SELECT GET_LOCK(\(Self.lockName), 0.5), IS_USED_LOCK(\(Self.lockName))"
      ) { row in
        locked = try row.optionalInteger(0)
        owner = try row.optionalInteger(1)
      }
      if locked == 1, let owner {
        try announce(holder)
        return owner
      }
      if let owner, owner == earlier { killConnection(owner) }
    }
    let other = try tableExists("ledger_settings") ? setting("holder") ?? "not known" : "not known"
    throw LedgerError.refused(
      "another pointsd works on this database: \(other); stop it first, or use another database")
  }

  /// Ends a connection of the same account. One that has just ended by itself is as good.
  private func killConnection(_ number: Int64) {
    do {
      try executeText("KILL CONNECTION \(number)")
    } catch {
      return
    }
  }

  /// Leaves word of who has the lock, where there is a place for it: a database that is refused
  /// later on is left as it was.
  fileprivate func announce(_ holder: String) throws {
    guard try tableExists("ledger_settings") else { return }
    let since = DateTimeStamp(millisecondsSinceEpoch: try nowMilliseconds())
    try set("holder", to: "\(holder), since \(since) UTC")
  }
}
