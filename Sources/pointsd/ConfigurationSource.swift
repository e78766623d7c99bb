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
      definitions: configuration.users, selected: selected,
      settings: configuration.changes(from: before, .adopted),
      needsRestart: configuration.changes(from: before, .needsRestart)
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
}
