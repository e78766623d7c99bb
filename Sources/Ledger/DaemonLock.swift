import Logging
import MariaDB
import Points

/// Keeps a second daemon off the same database, and tells whether the database answers: the health
/// connection, apart from the pool.
///
/// The lock is the connection's: the server frees it when the daemon dies. Beneath it the tick is
/// idempotent, so that even two daemons would not pay twice.
public actor DaemonLock {
  /// How this daemon is named to a second one.
  public struct Holder: Sendable, Hashable {
    let description: String

    /// - Parameter since: when the daemon started.
    public init(host: String, process: Int32, since: DateTimeStamp) {
      self.description = "process \(process) on \(host), started \(since) UTC"
    }
  }

  private let settings: ConnectionSettings
  private let holder: Holder
  private var connection: Connection?

  /// - Parameter settings: of the connection; a short read deadline makes an outage known soon.
  public init(settings: ConnectionSettings, holder: Holder) {
    self.settings = settings
    self.holder = holder
  }

  /// Takes the lock. Throws `LedgerError`: `refused` names the daemon that has it.
  public func acquire() async throws {
    try await translated("take the database's lock") {
      if let connection, await !connection.isBroken { return }
      await release()
      let fresh = try await Connection.open(settings)
      let holder = holder
      do {
        try await fresh.run { try $0.takeDaemonLock(as: holder) }
      } catch {
        await fresh.close()
        throw error
      }
      connection = fresh
    }
  }

  /// Gives the lock back.
  public func release() async {
    let given = connection
    connection = nil
    await given?.close()
  }

  /// Asks the database on the lock's connection; connects anew when that is gone.
  /// - Returns: nil when it answers, else why not.
  public func health() async -> String? {
    do {
      try await acquire()
      guard let connection else { return "not connected" }
      try await connection.run { session in _ = try session.nowMilliseconds() }
      return nil
    } catch let error as DatabaseError {
      await release()
      return "\(error)"
    } catch {
      return "\(error)"
    }
  }
}

extension Session {
  fileprivate func takeDaemonLock(as holder: DaemonLock.Holder) throws {
    var locked: Int64?
    // A daemon that was killed just now is still being noticed by the server.
    try query(
      "SELECT GET_LOCK(CONCAT('pointsd daemon ', LEFT(DATABASE(), 40)), 1)",
      each: { locked = try $0.optionalInteger(0) })
    guard locked == 1 else {
      let other = try setting("holder") ?? "unknown"
      throw LedgerError.refused(
        "another pointsd works on this database: \(other); stop it first, or use another database")
    }
    try set("holder", to: holder.description)
  }
}
