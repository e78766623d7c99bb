import MariaDB
import Points

/// Which of the two locks keeps a daemon alone.
enum LockKind: Sendable {
  /// Of a daemon that is alone on the database; others hold it while they come.
  case database
  /// Of a daemon of this name, where several are meant.
  case instance(String)

  /// The lock's name, as SQL.
  fileprivate var lock: String {
    switch self {
    case .database: Statement.lockName("daemon")
    case .instance: Statement.instanceLockName()
    }
  }

  /// The name of the setting that says who has it, as SQL.
  fileprivate var setting: String {
    switch self {
    case .database: "'holder'"
    case .instance: "CONCAT('holder ', \(Statement.instanceDigest))"
    }
  }

  /// For the place in `lock` or `setting`.
  fileprivate var values: [Value] {
    switch self {
    case .database: []
    case .instance(let name): [.text(name)]
    }
  }
}

extension Session {
  /// Takes the lock of the database, or that of an instance. The server ends a session that says
  /// nothing for 8 s, and the lock with it: the daemon asks each second.
  /// - Parameter instance: the name among several daemons; nil to be alone.
  func takeDaemonLock(
    as holder: String, sharedAs instance: String? = nil, after former: LockHolder?, tries: Int = 5
  ) throws {
    try executeText("SET SESSION wait_timeout = 8")
    let kind = instance.map(LockKind.instance) ?? .database
    if let former, try lockHolder(kind) == former {
      // Our own session, which the network took from us.
      try executeText("KILL \(former.session)")
    }
    guard try wait(for: kind, tries) else { throw try refusal(kind) }
    if instance != nil {
      // Beside a daemon that is alone, or that looks whether it is, nobody comes.
      guard try wait(for: .database, tries) else { throw try refusal(.database) }
    } else if let other = try sharedHolder() {
      throw LedgerError.refused(
        "another pointsd works on this database: \(other); stop it first, or set database.shared for both"
      )
    }
    try announce(holder, kind)
  }

  /// A daemon that was killed just now is still being noticed by the server. Several short waits,
  /// because one long wait would outlast the connection's read deadline.
  /// A try lasts a second.
  private func wait(for kind: LockKind, _ tries: Int) throws -> Bool {
    for _ in 0..<tries {
      let taken = try query(
        "SELECT GET_LOCK(\(kind.lock), 1)", kind.values, row: { try $0.optionalInteger(0) }
      ).first
      if taken == 1 { return true }
    }
    return false
  }

  private func refusal(_ kind: LockKind) throws -> LedgerError {
    let other = try tableExists("ledger_settings") ? try word(kind) ?? "not known" : "not known"
    let remedy =
      switch kind {
      case .database: "stop it first, or use another database, or set database.shared for both"
      case .instance(let name): "it has the same name, \(name): give one of them another 'instance'"
      }
    return .refused("another pointsd works on this database: \(other); \(remedy)")
  }

  /// Who has the lock; nil when nobody has.
  func lockHolder(_ kind: LockKind = .database) throws -> LockHolder? {
    let session =
      try query(
        "SELECT CAST(IS_USED_LOCK(\(kind.lock)) AS SIGNED)", kind.values,
        row: { try $0.optionalInteger(0) }
      ).first ?? nil
    guard let session else { return nil }
    let word = try tableExists("ledger_settings") ? try word(kind) : nil
    return LockHolder(session: session, word: word ?? "")
  }

  /// A daemon that is one of several and alive.
  private func sharedHolder() throws -> String? {
    guard try tableExists("ledger_settings") else { return nil }
    return try query(
      """
      SELECT value FROM ledger_settings WHERE name LIKE 'holder %' AND \
      IS_USED_LOCK(\(Statement.instanceLockName("SUBSTRING(name, 8)"))) IS NOT NULL
      """, row: { try $0.text(0) }
    ).first
  }

  private func word(_ kind: LockKind) throws -> String? {
    try query(
      "SELECT value FROM ledger_settings WHERE name = \(kind.setting)", kind.values,
      row: { try $0.text(0) }
    ).first
  }

  /// Leaves word of who has the lock, where there is a place for it: a database that is refused
  /// later on is left as it was. Only then one of several lets others come.
  func announce(_ holder: String, _ kind: LockKind) throws {
    guard try tableExists("ledger_settings") else { return }
    let since = DateTimeStamp(millisecondsSinceEpoch: try nowMilliseconds())
    try execute(
      """
      INSERT INTO ledger_settings (name, value) VALUES (\(kind.setting), ?) \
      ON DUPLICATE KEY UPDATE value = VALUES(value)
      """,
      kind.values + [.text("\(holder), since \(since) UTC", atMost: 1000)])
    if case .instance = kind {
      try executeText("DO RELEASE_LOCK(\(LockKind.database.lock))")
    }
  }
}
