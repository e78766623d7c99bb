import Points

/// What becomes of one user by a reload.
struct ReloadStep {
  /// nil for a user that is new.
  let server: Server?
  /// nil for a user that leaves.
  let definition: ServerDefinition?
  /// What `--profile` says afterwards.
  let override: ProfileOverride?
  /// What was last asked of it, as far as it is known.
  let intent: Intent?
  /// The user whose port it takes over; nil for a port that was nobody's, or its own.
  var formerUserOfPort: String?

  private var runsBefore: Bool { server?.effective.running ?? false }
  private var runsAfter: Bool {
    account?.effective(under: intent).running ?? false
  }

  /// Whether the ledger has something to do.
  var changesAccount: Bool {
    guard let definition, let server else { return true }
    return definition.terms != server.definition.terms || override != server.override
  }

  /// Whether its listener is closed, to be opened elsewhere or not at all.
  var closesListener: Bool { [.restart, .stop, .remove].contains(action) }

  /// Whether a listener is opened.
  var opensListener: Bool { action == .start || action == .restart }

  /// As the ledger is to know it; nil for a user that leaves.
  var account: LedgerUser? {
    definition.map { LedgerUser(name: $0.user, terms: $0.terms, override: override) }
  }

  var action: ReloadPlan.Action {
    guard let definition else { return .remove }
    switch (runsBefore, runsAfter) {
    case (false, true): return .start
    case (true, false): return .stop
    case (true, true):
      if server?.definition.listener.place != definition.listener.place { return .restart }
      return server?.definition == definition ? .nothing : .adjust
    case (false, false): return server?.definition == definition ? .nothing : .adjust
    }
  }

  var entry: ReloadPlan.Entry {
    ReloadPlan.Entry(
      user: (definition ?? server?.definition)?.user ?? "",
      server: (definition ?? server?.definition)?.server ?? "", action: action, details: details)
  }

  private var takenOver: [String] {
    formerUserOfPort.map { ["the port was \($0)'s"] } ?? []
  }

  private var details: [String] {
    guard let definition else { return ["no longer in the file; the points stay in the ledger"] }
    guard let before = server?.definition else {
      let terms = "\(definition.address):\(definition.port), \(definition.terms.inWords)"
      return ["new: \(terms)"] + takenOver + (runsAfter ? [] : ["stays stopped"])
    }
    var details: [String] = []
    func compare(_ what: String, _ old: String, _ new: String) {
      if old != new { details.append("\(what) \(old) → \(new)") }
    }
    compare("address", before.address, definition.address)
    compare("port", "\(before.port)", "\(definition.port)")
    details += takenOver
    compare("accrual", before.terms.inWords, definition.terms.inWords)
    compare("server", before.server, definition.server)
    compare(
      "groups", before.groups.joined(separator: ", "), definition.groups.joined(separator: ", "))
    if runsBefore != runsAfter {
      details.append(runsAfter ? "now in the profiles" : "no longer in the profiles")
    }
    return details
  }
}

extension ListenerSpecification {
  /// Where it listens.
  var place: String { "\(address) \(port)" }
}

extension AccrualTerms {
  /// `10 points every 30.0 s`
  var inWords: String { "\(points) points every \(Double(intervalMilliseconds) / 1000) s" }
}
