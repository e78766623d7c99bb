import Points

/// A change on its way to a known outcome. It belongs to the supervisor alone.
final class PendingChange {
  /// What was asked.
  enum Request: Sendable, Hashable {
    case change(Change, [String])
    case reload(LedgerChange)
    case forget(instance: String)
  }

  /// Unique among the changes of this process.
  let ticket: Int
  let request: Request
  let operation: Operation
  /// When it was asked for, by the monotonic clock.
  let begun: Int64
  let made: DateTimeStamp
  var machine = ChangeMachine()
  /// What the latest try came to.
  var receipt: ChangeReceipt?
  var failure: LedgerError?
  /// What was answered; nil while the outcome may still come in time.
  var answer: Result<ChangeReceipt, ControlError>?
  /// Those who wait for the answer.
  var waiters: [CheckedContinuation<Result<ChangeReceipt, ControlError>, Never>] = []

  init(
    ticket: Int, request: Request, operation: Operation, begun: Int64, made: DateTimeStamp
  ) {
    self.ticket = ticket
    self.request = request
    self.operation = operation
    self.begun = begun
    self.made = made
  }

  /// In one word, such as `pause` or `reload`.
  var kind: String {
    switch request {
    case .change(let change, _): change.word
    case .reload(let change): change.kind
    case .forget: "forget"
    }
  }

  /// `kind`, and of an adjustment by how much.
  var words: String {
    guard case .change(.adjust(let delta), _) = request else { return kind }
    return "adjust by \(delta > 0 ? "+" : "")\(delta)"
  }

  var users: [String] {
    switch request {
    case .change(_, let users): users
    case .reload(let change): change.users
    case .forget: []
    }
  }

  /// As `GET /api/operations` shows it.
  var record: OperationRecord {
    OperationRecord(
      operation: operation, kind: kind, made: made, outcome: .unknown,
      users: users.map { .init(user: $0, result: .unknown) })
  }

  /// Why it was not done.
  var reason: ControlError {
    failure.map(ControlError.init)
      ?? .unavailable(
        "the changes of \(users.prefix(5).joined(separator: ", ")) before it take too long")
  }
}

extension Operation {
  /// Whether another one is the same client's with the same key.
  func isRepeated(by other: Operation) -> Bool {
    key != nil && key == other.key && requestedBy == other.requestedBy
  }
}

extension ChangeMachine.Attempt {
  init(_ error: LedgerError) {
    switch error {
    case .unavailable: self = .notDone
    case .locked: self = .locked
    case .unknown: self = .unknown
    case .refused, .unknownUser, .keyReused, .failed: self = .refused
    }
  }
}

extension ControlError {
  /// What the HTTP interface answers when the ledger did not do what was asked.
  init(_ error: LedgerError) {
    switch error {
    case .unavailable, .locked, .failed: self = .unavailable("\(error)")
    case .unknown(let operation, _): self = .unknown(operation: operation, "\(error)")
    case .refused(let reason): self = .conflict(reason)
    case .unknownUser: self = .notFound("User not found")
    case .keyReused: self = .invalid("\(error)")
    }
  }
}
