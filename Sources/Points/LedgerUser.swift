/// A configured user as the ledger needs to know it.
public struct LedgerUser: Sendable, Hashable {
  public let name: String
  public let terms: AccrualTerms
  /// What `--profile` says, as long as it holds; nil without the option.
  public let override: ProfileOverride?

  public init(name: String, terms: AccrualTerms, override: ProfileOverride?) {
    self.name = name
    self.terms = terms
    self.override = override
  }

  /// The user without `--profile`: for its own process alone that says whether a run is open.
  public var withoutOverride: LedgerUser { LedgerUser(name: name, terms: terms, override: nil) }

  /// Whether the user runs and is paused, when this was asked last; a user of whom nothing was
  /// asked runs.
  public func effective(under intent: Intent?) -> EffectiveIntent {
    if let override, override.holds(against: intent) {
      return EffectiveIntent(running: override.running, paused: false)
    }
    return intent.map { EffectiveIntent(running: $0.running, paused: $0.paused) }
      ?? EffectiveIntent(running: true, paused: false)
  }
}

/// What `--profile` says of a user, for this process only: it holds until something is asked later.
public struct ProfileOverride: Sendable, Hashable {
  public let running: Bool
  /// The revision of the intent that it overrides.
  public let revision: Int64

  public init(running: Bool, revision: Int64) {
    self.running = running
    self.revision = revision
  }

  /// Whether nothing was asked since.
  public func holds(against intent: Intent?) -> Bool {
    intent.map { $0.revision <= revision } ?? true
  }
}

/// Whether a user runs and is paused, without who and why.
public struct EffectiveIntent: Sendable, Hashable {
  public let running: Bool
  public let paused: Bool

  public init(running: Bool, paused: Bool) {
    self.running = running
    self.paused = paused
  }

  /// Whether a run is open.
  public var earning: Bool { running && !paused }
}
