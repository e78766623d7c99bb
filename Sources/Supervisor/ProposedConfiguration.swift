import Points

/// What a configuration file asks of the running supervisor.
public struct ProposedConfiguration: Sendable {
  /// In the order of the file; names and ports are unique.
  public let definitions: [ServerDefinition]
  /// The users that `--profile` names in this file, nil without the option.
  public let selected: Set<String>?
  /// What differs beside the users and can change at run time, one line each.
  public let settings: [String]
  /// What differs and needs a restart of the daemon, one line each.
  public let needsRestart: [String]
  /// Makes `settings` hold, and this file the one that the next is compared with.
  public let adopt: @Sendable () -> Void

  public init(
    definitions: [ServerDefinition], selected: Set<String>?, settings: [String],
    needsRestart: [String], adopt: @escaping @Sendable () -> Void
  ) {
    self.definitions = definitions
    self.selected = selected
    self.settings = settings
    self.needsRestart = needsRestart
    self.adopt = adopt
  }
}
