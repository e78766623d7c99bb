import ConfigurationFile
import Lanes
import MariaDB
import Points
import Supervisor
import Synchronization
import Systemd

/// The configuration file of the running daemon, read again for each plan and reload.
final class ConfigurationSource: ConfigurationReading {
  private let path: String
  private let profiles: [String]
  /// What the daemon runs by.
  private let current: Mutex<Configuration>

  init(path: String, profiles: [String], current: Configuration) {
    self.path = path
    self.profiles = profiles
    self.current = Mutex(current)
  }

  /// What the file asks for now.
  /// - Throws: `ControlError.invalid` with every fault.
  func read() async throws -> ProposedConfiguration {
    let configuration: Configuration
    let selected: Set<String>?
    do {
      configuration = try Configuration.load(path: path)
      selected = try Self.select(profiles, in: configuration)
      _ = try DescriptorBudget(configuration)
    } catch {
      throw ControlError.invalid("\(error)")
    }
    let before = current.withLock { $0 }
    return ProposedConfiguration(
      definitions: configuration.users.map(ServerDefinition.init), selected: selected,
      settings: before.log == configuration.log
        ? [] : ["log.level: \(before.log.level) → \(configuration.log.level)"],
      needsRestart: Self.fixed(before, configuration)
    ) {
      LogOutput.setLevel(.init(configuration.log.level))
      self.current.withLock { $0 = configuration }
    }
  }

  /// The users that profiles name; nil without any.
  static func select(
    _ profiles: [String], in configuration: Configuration
  ) throws(UnknownProfiles) -> Set<String>? {
    guard !profiles.isEmpty else { return nil }
    return Set(try ProfileResolver(users: configuration.users).users(of: profiles))
  }

  /// What differs and is fixed while the daemon runs.
  static func fixed(_ before: Configuration, _ after: Configuration) -> [String] {
    var lines: [String] = []
    func compare<Value: Equatable>(_ key: String, _ path: (Configuration) -> Value) {
      let (old, new) = (path(before), path(after))
      if old != new { lines.append("\(key): \(old) → \(new)") }
    }
    compare("instance", InstanceName.of)
    let (old, new) = (before.database.keys, after.database.keys)
    if old.map(\.key) == new.map(\.key) {
      for (old, new) in zip(old, new) where old.value != new.value {
        lines.append("\(old.key): \(old.value) → \(new.value)")
      }
    } else {
      lines.append("database: another one is named")
    }
    compare("http.address", \.http.address)
    compare("http.port", \.http.port)
    compare("http.hosts", \.http.hosts)
    compare("http.tokenFile", { $0.http.tokenFile ?? "none" })
    compare("http.open", \.http.open)
    compare("http.libraries.bootstrap", \.http.bootstrap)
    compare("http.libraries.chartjs", \.http.chartjs)
    compare("control.socket", \.control.socket)
    compare("control.group", { $0.control.group ?? "none" })
    compare("listeners.connectionsPerServer", \.listeners.connectionsPerServer)
    compare("listeners.connections", \.listeners.connections)
    compare("listeners.idleSeconds", \.listeners.idleSeconds)
    compare("accrual.maximumCatchUpSeconds", \.accrual.maximumCatchUpSeconds)
    return lines
  }
}

extension Configuration.Database {
  /// Its keys and what they say.
  fileprivate var keys: [(key: String, value: String)] {
    switch self {
    case .managed(let directory): [("database.managed.dataDirectory", directory)]
    case .given(let given):
      [
        ("database.hosts", "\(ConnectionSettings.Endpoint(given.endpoint))"),
        ("database.name", given.name), ("database.user", given.user),
        ("database.passwordFile", given.passwordFile ?? "none"),
        ("database.connections", "\(given.connections)"), ("database.tls", "\(given.tls)"),
        ("database.shared", "\(given.shared)"),
      ]
    }
  }
}
