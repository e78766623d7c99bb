import ConfigurationFile
import Lanes
import Logging
import ManagedDatabase
import MariaDB

/// The database that the configuration chose: one of our own, or a given server.
struct DatabaseChoice {
  /// nil for a given server.
  let managed: ManagedDatabase?
  let settings: ConnectionSettings
  /// Connections in all.
  let connections: Int
  /// Whether other daemons on it are meant.
  let isShared: Bool
  /// Whether there may be a ledger: a private database that is made just now has none.
  let mayHaveLedger: @Sendable () async -> Bool

  /// The original project's schema.
  private static let schema = "network_project"
  private static let managedConnections = (few: 4, many: 6)

  /// Connections that changes, reads and ticks have together.
  /// - Parameter limit: of open files.
  static func connections(_ database: Configuration.Database, limit: Int) -> Int {
    switch database {
    case .managed:
      DescriptorBudget.areFew(limit) ? managedConnections.few : managedConnections.many
    case .given(let given): given.connections
    }
  }

  init(_ database: Configuration.Database, limit: Int, logger: Logger) throws {
    connections = Self.connections(database, limit: limit)
    switch database {
    case .managed(let directory):
      let managed = try ManagedDatabase(
        directory: directory, schema: Self.schema, logger: logger)
      self.managed = managed
      self.settings = managed.settings
      self.isShared = false
      let isNew = !managed.hasData
      self.mayHaveLedger = { [managed] in
        guard isNew else { return true }
        return await managed.isReady
      }
    case .given(let given):
      self.managed = nil
      self.isShared = given.shared
      self.settings = ConnectionSettings(
        endpoint: .init(given.endpoint), tls: .init(given.tls), user: given.user,
        password: try given.passwordFile.map { try SecretFile.read($0) }, database: given.name)
      self.mayHaveLedger = { true }
    }
  }
}

extension ConnectionSettings.Endpoint {
  init(_ endpoint: Configuration.GivenDatabase.Endpoint) {
    switch endpoint {
    case .socket(let path): self = .socket(path)
    case .host(let host, let port): self = .tcp(host: host, port: port)
    }
  }
}

extension ConnectionSettings.TLS {
  init(_ tls: Configuration.GivenDatabase.TLS) {
    switch tls {
    case .off: self = .off
    case .system: self = .system
    case .authority(let path): self = .authority(path)
    }
  }
}
