import Points

/// A key of the file beside those of users: the one list that plan, schema, manual page and tests go by.
public struct ConfigurationKey: Sendable {
  /// What a reload does with a value that has changed.
  public enum OnReload: Sendable, Hashable {
    /// It holds from then on.
    case adopted
    /// It is the default of users, to whom it holds from then on.
    case adoptedByUsers
    /// The reload is refused until the daemon is started again.
    case needsRestart
  }

  /// Such as `http.port`.
  public let path: String
  public let onReload: OnReload
  /// The value as a plan shows it; nil where the configuration has another kind of database.
  public let text: @Sendable (Configuration) -> String?

  private init(
    _ path: String, _ onReload: OnReload = .needsRestart,
    _ text: @escaping @Sendable (Configuration) -> String?
  ) {
    self.path = path
    self.onReload = onReload
    self.text = text
  }

  /// In the order of the schema.
  public static let all: [ConfigurationKey] = [
    Self("instance") { $0.instance ?? "none" },
    Self("database.managed.dataDirectory") { $0.database.managedDirectory },
    Self("database.hosts") { ($0.database.given?.endpoint).map { "\($0)" } },
    Self("database.name") { $0.database.given?.name },
    Self("database.user") { $0.database.given?.user },
    Self("database.passwordFile") { $0.database.given.map { $0.passwordFile ?? "none" } },
    Self("database.connections") { ($0.database.given?.connections).map { "\($0)" } },
    Self("database.tls") { ($0.database.given?.tls).map { "\($0)" } },
    Self("database.shared") { ($0.database.given?.shared).map { "\($0)" } },
    Self("http.address") { $0.http.address },
    Self("http.port") { "\($0.http.port)" },
    Self("http.hosts") { "\($0.http.hosts)" },
    Self("http.tokenFile") { $0.http.tokenFile ?? "none" },
    Self("http.open") { "\($0.http.open)" },
    Self("http.libraries.bootstrap") { $0.http.bootstrap },
    Self("http.libraries.chartjs") { $0.http.chartjs },
    Self("control.socket") { $0.control.socket },
    Self("control.group") { $0.control.group ?? "none" },
    Self("listeners.address", .adoptedByUsers) { $0.listeners.address },
    Self("listeners.connectionsPerServer") { "\($0.listeners.connectionsPerServer)" },
    Self("listeners.connections") { "\($0.listeners.connections)" },
    Self("listeners.idleSeconds") { "\($0.listeners.idleSeconds)" },
    Self("accrual.points", .adoptedByUsers) { "\($0.accrual.terms.points)" },
    Self("accrual.intervalSeconds", .adoptedByUsers) {
      seconds($0.accrual.terms.intervalMilliseconds)
    },
    Self("accrual.maximumCatchUpSeconds") { "\($0.accrual.maximumCatchUpSeconds)" },
    Self("log.level", .adopted) { $0.log.level.rawValue },
  ]
}

extension Configuration {
  /// What differs from `before` in keys of one kind, one line each: `http.port: 8080 → 8081`.
  public func changes(from before: Configuration, _ kind: ConfigurationKey.OnReload) -> [String] {
    ConfigurationKey.all.filter { $0.onReload == kind }.compactMap { key in
      let (old, new) = (key.text(before), key.text(self))
      guard old != new else { return nil }
      return "\(key.path): \(old ?? "none") → \(new ?? "none")"
    }
  }
}

extension Configuration.Database {
  fileprivate var managedDirectory: String? {
    if case .managed(let directory) = self { directory } else { nil }
  }

  fileprivate var given: Configuration.GivenDatabase? {
    if case .given(let given) = self { given } else { nil }
  }
}

extension Configuration.GivenDatabase.Endpoint: CustomStringConvertible {
  /// As in the key `database.hosts`.
  public var description: String {
    switch self {
    case .socket(let path): path
    case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
