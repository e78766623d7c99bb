import ConfigurationFile
import Dashboard
import Lanes
import Ledger
import Logging
import NIOCore
import Supervisor

extension LaneLimits {
  init(_ listeners: Configuration.Listeners) {
    self.init(
      connectionsPerServer: listeners.connectionsPerServer, connections: listeners.connections,
      idleSeconds: listeners.idleSeconds)
  }
}

extension DescriptorBudget {
  /// Divides the descriptors that this process may have, after raising their limit as far as the
  /// system allows; throws `Shortage`.
  init(_ configuration: Configuration) throws(Shortage) {
    let limit = DescriptorLimit.raise()
    let reports = Self.areFew(limit) ? 0 : Ledger.reportConnections
    try self.init(
      limit: limit,
      needs: Needs(
        servers: configuration.users.count,
        databaseConnections: reports
          + DatabaseChoice.connections(configuration.database, limit: limit),
        processors: System.coreCount))
  }
}

extension DashboardSettings {
  init(_ configuration: Configuration, budget: DescriptorBudget) throws {
    let http = configuration.http
    self.init(
      address: http.address, port: http.port, hosts: http.hosts,
      token: try http.tokenFile.map { path in
        try TokenSource(path: path) { try SecretFile.readToken(path) }
      },
      open: http.open,
      controlSocket: configuration.control.socket, controlGroup: configuration.control.group,
      libraries: Libraries(bootstrap: http.bootstrap, chartjs: http.chartjs),
      limits: DashboardLimits(http: budget.http, events: budget.events, control: budget.control))
  }
}

extension Logger.Level {
  init(_ level: Configuration.Log.Level) {
    switch level {
    case .trace: self = .trace
    case .debug: self = .debug
    case .info: self = .info
    case .notice: self = .notice
    case .warning: self = .warning
    case .error: self = .error
    case .critical: self = .critical
    }
  }
}
