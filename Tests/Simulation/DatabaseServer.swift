import LedgerModel
import Points

/// A database server with a ledger: it goes away, freezes, applies what clients have given up,
/// has rows locked by strangers, and keeps the lock against a second daemon.
final class DatabaseServer: @unchecked Sendable {
  /// Simulated time 0 by this server's clock, in milliseconds since 1970-01-01 UTC.
  static let epoch: Int64 = 1_768_228_200_000

  /// Who changes the ledger, and what for.
  enum Cause {
    case change(LedgerChange)
    case void(LedgerChange)
    case repair(daemon: Int, users: [LedgerUser], closing: [String])
    case close(daemon: Int)
    case serve
    case tick
    case restore(String)
    case hand
  }

  /// A transaction whose client is gone and whose COMMIT the server still has: it holds its locks.
  struct InFlight {
    /// The operation's id, and its key: nobody else can note either before this is over.
    let marks: Set<String>
    let users: Set<String>
  }

  let world: World
  let judge: Judge
  private(set) var ledger: LedgerModel
  /// How often, in a hundred, something goes wrong with a statement.
  var faultPercent = 0
  /// How far the clock was set, in milliseconds.
  var clock: Int64 = 0
  /// Since when it does not answer, in simulated time.
  private(set) var awaySince: Int64?
  var isAway: Bool { awaySince != nil }
  private(set) var isFrozen = false
  /// Whether what is committed just now was given up by its client.
  private var isLate = false
  private var strangers: [String: Int] = [:]
  private var inFlight: [Int: InFlight] = [:]
  private var nextNumber = 0
  /// The session that has the lock against a second daemon, and whose it is.
  var lockHolder: (store: ObjectIdentifier, instance: String)?
  /// The exchange of a restore that may still be carried out; gone when its tables are dropped.
  var pendingExchange: String?
  /// Ledgers that were saved.
  private(set) var backups: [LedgerModel] = []

  init(world: World, judge: Judge, maximumCatchUpSeconds: Int64) {
    self.world = world
    self.judge = judge
    ledger = LedgerModel(maximumCatchUpSeconds: maximumCatchUpSeconds)
  }

  /// The server's clock.
  var now: Int64 { Self.epoch + world.now + clock }

  /// Users whose rows somebody holds.
  var locked: Set<String> { locked(but: nil) }

  func locked(but number: Int?) -> Set<String> {
    inFlight.filter { $0.key != number }.values.reduce(into: Set(strangers.keys)) {
      $0.formUnion($1.users)
    }
  }

  /// Whether a transaction that may still be committed has noted an operation.
  func isInFlight(_ operation: Operation) -> Bool {
    inFlight.values.contains { !$0.marks.isDisjoint(with: operation.marks) }
  }

  var hasTransactions: Bool { !inFlight.isEmpty }

  /// Changes the ledger, in one transaction.
  func commit<Result>(
    _ cause: Cause, now: Int64, _ body: (inout LedgerModel) throws(LedgerError) -> Result
  ) throws(LedgerError) -> Result {
    let before = ledger
    let result = try body(&ledger)
    judge.committed(cause, before: before, after: ledger, now: now, isLate: isLate)
    return result
  }

  /// Takes over a transaction that its client has given up: it is committed later, or rolled back.
  func takeOver(
    operation: Operation?, users: [String], _ commit: @escaping (_ locked: Set<String>) -> Void
  ) {
    nextNumber += 1
    let number = nextNumber
    let isCommitted = world.random.percent(60)
    inFlight[number] = InFlight(marks: operation?.marks ?? [], users: Set(users))
    world.after(world.random.within(20...8000)) {
      guard self.inFlight[number] != nil else { return }
      let locked = self.locked(but: number)
      self.inFlight[number] = nil
      if isCommitted {
        self.isLate = true
        defer { self.isLate = false }
        self.world.trace("late commit of \(operation?.id ?? "a transaction") (\(users))")
        commit(locked)
      }
    }
  }

  // MARK: What happens to it

  func goAway(for milliseconds: Int64) {
    guard !isAway else { return }
    world.trace("database away for \(milliseconds) ms")
    awaySince = world.now
    lockHolder = nil
    // A crash: what was not committed is rolled back.
    inFlight = [:]
    strangers = [:]
    pendingExchange = nil
    world.after(milliseconds) {
      self.world.trace("database back")
      self.awaySince = nil
    }
  }

  func freeze(for milliseconds: Int64) {
    guard !isFrozen else { return }
    world.trace("database frozen for \(milliseconds) ms")
    isFrozen = true
    world.after(milliseconds) {
      self.world.trace("database goes on")
      self.isFrozen = false
    }
  }

  func lock(_ user: String, for milliseconds: Int64) {
    world.trace("a stranger locks \(user) for \(milliseconds) ms")
    nextNumber += 1
    let number = nextNumber
    strangers[user] = number
    world.after(milliseconds) {
      if self.strangers[user] == number { self.strangers[user] = nil }
    }
  }

  /// Somebody edits the ledger by hand.
  func edit(_ what: String, _ body: (inout LedgerModel) -> Void) {
    world.trace("by hand: \(what)")
    let before = ledger
    body(&ledger)
    judge.committed(.hand, before: before, after: ledger, now: now, isLate: false)
  }

  /// - Returns: the number of the backup.
  func save() -> Int {
    backups.append(ledger)
    return backups.count - 1
  }
}

extension Operation {
  /// What can be noted once.
  var marks: Set<String> { Set([id] + (key.map { ["\($0) of \(requestedBy)"] } ?? [])) }
}
