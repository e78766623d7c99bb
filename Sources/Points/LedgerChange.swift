/// A change as the ledger takes it: one transaction, however many users it concerns.
public struct LedgerChange: Sendable, Hashable {
  public enum Work: Sendable, Hashable {
    /// The same for each user.
    case change(Change, [LedgerUser])
    /// Brings the accounts of `changed` to what is wanted and closes the runs of those `leaving`.
    case reload(changed: [LedgerUser], leaving: [String])
    /// Ends that another instance serves users, and closes the runs of those whom nobody serves then.
    case forget(instance: String)
  }

  public let work: Work
  public let operation: Operation

  public init(_ work: Work, operation: Operation) {
    self.work = work
    self.operation = operation
  }

  /// In one word, such as `pause` or `reload`.
  public var kind: String {
    switch work {
    case .change(let change, _): change.word
    case .reload: "reload"
    case .forget: "forget"
    }
  }

  /// The users it concerns, in the order asked; none that only the ledger knows.
  public var users: [String] {
    switch work {
    case .change(_, let users): users.map(\.name)
    case .reload(let changed, let leaving): changed.map(\.name) + leaving
    case .forget: []
    }
  }

  /// What is compared when a client repeats a key: kind, amount and users; names of many users by
  /// their digest. At most 1,000 characters.
  public var request: String {
    if case .forget(let instance) = work { return "forget \(instance)" }
    var words = [kind]
    if case .change(.adjust(let delta), _) = work { words.append("\(delta)") }
    // A file may have changed between two reloads; the key then still means the reload.
    if case .change = work {
      let names = users.joined(separator: ", ")
      words.append(
        users.count <= 5 ? names : "\(users.count) users \(String(names.fingerprint, radix: 16))")
    }
    return words.joined(separator: " ")
  }
}

/// What a change came to.
public struct ChangeReceipt: Sendable, Hashable {
  /// The operation that made it: an earlier one where the client's key was known.
  public let operation: String
  public let users: [OperationRecord.UserOutcome]
  /// What the users have now, as read in the transaction or, for a change found done, after it.
  public let rows: [PointsRow]
  /// What was asked of them last.
  public let intents: [Intent]
  /// One line for each thing an operator should know.
  public let notices: [String]

  public init(
    operation: String, users: [OperationRecord.UserOutcome], rows: [PointsRow],
    intents: [Intent], notices: [String] = []
  ) {
    self.operation = operation
    self.users = users
    self.rows = rows
    self.intents = intents
    self.notices = notices
  }
}

extension String {
  /// FNV-1a of the UTF-8 bytes, 64 bits: the same in every process.
  fileprivate var fingerprint: UInt64 {
    utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}
