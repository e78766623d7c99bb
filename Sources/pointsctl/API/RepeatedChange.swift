import JSONText
import Points

/// A change that is asked for again under the same key until its outcome is known. Pure: replies go
/// in, what follows comes out.
struct RepeatedChange {
  enum Step {
    case answer(JSONNode)
    case fail(CommandFault)
    case repeatAfter(Duration)
  }

  /// What the daemon knows the change by.
  let key: String
  /// An earlier request may have been carried out.
  private var isInDoubt = false
  /// What the daemon said of it last.
  private var doubt = ""

  /// How long the outcome is asked for.
  static let budget = Duration.seconds(30)
  static let pause = Duration.milliseconds(500)

  init(key: String) {
    self.key = key
  }

  /// - Parameter elapsed: since the first request.
  mutating func next(after reply: APIClient.Reply, elapsed: Duration) -> Step {
    switch reply {
    case .answer(let answer): return .answer(answer)
    case .failure(let status, let operation, let fault):
      // Refused, or with what became of each user of a group.
      if status < 500 || status == 503 && operation != nil { return .fail(fault) }
      // Not done, and never will be. Unless an earlier request may have been: while the database is
      // away nobody can say.
      let isOfEarlierRequests = status == 504 && operation.map(OperationReference.names) ?? false
      if status == 503 || isOfEarlierRequests, !isInDoubt { return .fail(fault) }
      if status != 503 { (isInDoubt, doubt) = (true, "\n\(fault.description)") }
    case .none(let wasSent, let fault):
      if !wasSent, !isInDoubt { return .fail(fault) }
      isInDoubt = true
    }
    return elapsed < Self.budget ? .repeatAfter(Self.pause) : .fail(unknown())
  }

  /// What is said when the outcome was not known in time.
  func unknown() -> CommandFault {
    CommandFault(
      .tryAgain,
      "whether it was done is not known yet; later GET /api/operations?key=\(key) says it, and"
        + " pointsctl ps shows what is\(doubt)")
  }
}
