/// One change that a person or a program asked for, made recognisable, so that it is applied exactly
/// once however often it is sent.
public struct Operation: Sendable, Hashable {
  /// Chosen by the daemon: 32 hexadecimal digits, unique in the ledger.
  public let id: String
  /// The account that asked, such as `alice (uid 1000) via the control socket`.
  public let requestedBy: String
  public let reason: String?
  /// What the client calls the change (`Idempotency-Key`), unique within its account; at most 128
  /// bytes of printable ASCII.
  public let key: String?

  public init(
    id: String = Operation.makeID(), requestedBy: String, reason: String?, key: String? = nil
  ) {
    self.id = id
    self.requestedBy = requestedBy
    self.reason = reason
    self.key = key
  }

  /// A new identifier of 128 random bits.
  public static func makeID() -> String {
    var generator = SystemRandomNumberGenerator()
    return [generator.next() as UInt64, generator.next() as UInt64].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }
}

/// An operation as the ledger, or the daemon that still waits for its outcome, knows it.
public struct OperationRecord: Sendable, Hashable {
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    case done
    /// Not done and never will be: its id was taken to end a doubt.
    case void
    /// The database has not said yet.
    case unknown
  }

  /// What became of one user.
  public struct UserOutcome: Sendable, Hashable {
    public enum Result: String, Sendable, Hashable, CaseIterable {
      case done
      case refused
      /// Left out: another transaction held a lock on the user.
      case locked
      case void
      case unknown
    }
    public let user: String
    public let result: Result
    /// Why it was not done.
    public let reason: String?

    public init(user: String, result: Result, reason: String? = nil) {
      self.user = user
      self.result = result
      self.reason = reason
    }
  }

  public let operation: Operation
  /// Such as `pause`.
  public let kind: String
  public let made: DateTimeStamp
  public let outcome: Outcome
  /// One for each user that it concerns; empty for what concerns the ledger as a whole.
  public let users: [UserOutcome]

  public init(
    operation: Operation, kind: String, made: DateTimeStamp, outcome: Outcome,
    users: [UserOutcome]
  ) {
    self.operation = operation
    self.kind = kind
    self.made = made
    self.outcome = outcome
    self.users = users
  }
}
