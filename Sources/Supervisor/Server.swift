import Points

/// One user's server: what is configured, what is wanted, and where it stands. It belongs to the
/// supervisor alone, and stays itself while servers come and go around it.
final class Server {
  /// Unique among the servers of this process, those that are gone included.
  let number: Int
  var definition: ServerDefinition
  var machine = ServerMachine()
  var listener: (any OpenListener)?
  /// Actions of the machine that wait for the one under way.
  var waitingActions: [ServerMachine.Action] = []
  var actionUnderWay = false
  /// Incremented with each retry, to detect one that was cancelled.
  var retryGeneration = 0

  /// What `--profile` says, until something is asked later.
  var override: ProfileOverride?
  /// What was last asked, as the ledger keeps it; nil until it was read.
  var intent: Intent?

  var since: DateTimeStamp
  /// What was broadcast last.
  var lastStanding: Standing?
  /// The line that a fault was logged by, until it is over.
  var loggedFault: String?
  /// The last fault, kept after recovery; `publicText` is what readers without rights see of it.
  var lastError: (text: String, publicText: String)?
  /// Why the user could not be credited, or brought to what is wanted; nil when all is well.
  var creditFailure: String?
  /// Terms under which the user earns because another daemon serves it as well; nil for its own.
  var foreignTerms: AccrualTerms?
  /// Requests of listeners that were closed since.
  var earlierRequests = 0

  init(number: Int, definition: ServerDefinition, since: DateTimeStamp) {
    self.number = number
    self.definition = definition
    self.since = since
  }

  /// Whether it runs and whether it is paused. A user nobody has asked anything of runs.
  var effective: EffectiveIntent { account.effective(under: intent) }

  /// Takes over what was asked last, as the ledger says.
  func follow(_ intent: Intent?) {
    self.intent = intent
    guard let override else { return }
    if override.revision == .max {
      // The profiles were given before the ledger was read: they override what was asked till now.
      self.override = ProfileOverride(
        running: override.running, revision: max(1, intent?.revision ?? 1))
    } else if !override.holds(against: intent) {
      self.override = nil
    }
  }

  /// Whether the listener is, or is on its way to be, as asked.
  var listenerFollows: Bool {
    switch machine.state {
    case .stopped, .stopping(thenStart: false): !effective.running
    case .starting, .running, .backingOff, .failed, .stopping(thenStart: true): effective.running
    }
  }

  /// As the ledger knows it.
  var account: LedgerUser {
    LedgerUser(name: definition.user, terms: definition.terms, override: override)
  }

  /// Whether the machine has come to rest, as far as it will by itself at once.
  var settled: Bool {
    switch machine.state {
    case .stopped, .running, .backingOff, .failed: true
    case .starting, .stopping: false
    }
  }

  /// Its entry in `GET /api/servers`.
  var status: ServerStatus {
    ServerStatus(
      name: definition.server, user: definition.user, address: definition.address,
      port: definition.port,
      groups: definition.groups, status: state, wanted: wanted, reason: reason, since: since,
      connections: listener?.connections ?? 0,
      requests: earlierRequests + (listener?.requests ?? 0), lastError: lastError?.text,
      publicReason: publicReason, publicLastError: lastError?.publicText)
  }

  private var wanted: ServerState { effective.wanted }

  /// What is worth a line when it changes.
  struct Standing: Hashable {
    let state: ServerState
    let wanted: ServerState
    let reason: String?
  }

  var standing: Standing { Standing(state: state, wanted: wanted, reason: reason) }

  var state: ServerState {
    switch machine.state {
    case .stopped: .stopped
    case .starting, .stopping(thenStart: true): .starting
    case .running, .stopping(thenStart: false): effective.paused ? .paused : .running
    case .backingOff: .backingOff
    case .failed: .failed
    }
  }

  private var reason: String? {
    switch machine.state {
    case .backingOff(let reason), .failed(let reason): reason
    case .stopping: "stopping"
    case .starting, .running, .stopped: creditFailure ?? askedReason
    }
  }

  /// What the database said of a user stays with the log and those who may change things.
  static let publicCreditFailure = "could not be credited"
  static let publicListenerFailure = "the listener failed"

  /// `reason` without the database's words and without the account that asked.
  private var publicReason: String? {
    switch machine.state {
    case .stopping: "stopping"
    case .backingOff(let reason), .failed(let reason):
      lastError?.text == reason ? lastError?.publicText : Self.publicListenerFailure
    case .starting, .running, .stopped:
      if creditFailure != nil {
        Self.publicCreditFailure
      } else if effective.earning {
        foreignTermsNotice
      } else if override == nil, let intent {
        intent.reason
      } else {
        askedReason
      }
    }
  }

  /// What two files that do not agree mean for the user.
  var foreignTermsNotice: String? {
    foreignTerms.map {
      "earns \($0.words), as another daemon that serves it was asked; the file of this one says"
        + " \(definition.terms.words)"
    }
  }

  /// Who stopped or paused it, and why; nil for a server that simply runs.
  private var askedReason: String? {
    guard !effective.earning else { return foreignTermsNotice }
    guard override == nil, let intent else { return "not in the profiles given at start" }
    let what = effective.running ? "paused" : "stopped"
    return "\(what) by \(intent.requestedBy)" + (intent.reason.map { ": \($0)" } ?? "")
  }
}

extension EffectiveIntent {
  /// As `GET /api/servers` shows it.
  var wanted: ServerState {
    guard running else { return .stopped }
    return paused ? .paused : .running
  }
}
