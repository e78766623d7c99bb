import Points

/// What one configuration file says: checked, with defaults filled in and paths made absolute.
///
/// Two values are equal when the daemon would run the same, so that a reload can be planned by
/// comparing them.
public struct Configuration: Sendable, Hashable {
  /// The name of this daemon in the ledger; nil for the host's name and the control socket.
  public var instance: String?
  public var database: Database
  public var http: HTTP
  public var control: Control
  public var listeners: Listeners
  public var accrual: Accrual
  public var log: Log
  /// At least one, in the order of the file.
  public var users: [ServerDefinition]

  public init(
    instance: String? = nil, database: Database, http: HTTP, control: Control, listeners: Listeners,
    accrual: Accrual,
    log: Log, users: [ServerDefinition]
  ) {
    self.instance = instance
    self.database = database
    self.http = http
    self.control = control
    self.listeners = listeners
    self.accrual = accrual
    self.log = log
    self.users = users
  }

  /// Where the points are kept.
  public enum Database: Sendable, Hashable {
    /// A private server that the daemon runs on this folder.
    case managed(dataDirectory: String)
    /// A server that is there.
    case given(GivenDatabase)
  }

  /// A database server that others run.
  public struct GivenDatabase: Sendable, Hashable {
    public enum Endpoint: Sendable, Hashable {
      /// Path of a Unix socket, at most 107 bytes.
      case socket(String)
      /// A host name or an address without brackets, and a port.
      case host(String, port: Int)
    }
    public var endpoint: Endpoint
    /// The database (schema).
    public var name: String
    public var user: String
    /// nil: the account has no password, as over a Unix socket.
    public var passwordFile: String?
    /// Connections in the pool, 1 to 64.
    public var connections: Int
    public var tls: TLS
    /// Whether other daemons on this database are meant.
    public var shared: Bool

    /// Whether the connection is encrypted, and by whose word the server is the one that is meant.
    public enum TLS: Sendable, Hashable, CustomStringConvertible {
      case off
      /// The server's certificate is signed by an authority that this machine trusts.
      case system
      /// Path of a file with the certificates of the authorities that may have signed it.
      case authority(String)

      /// The value of the key `database.tls`.
      public var description: String {
        switch self {
        case .off: "false"
        case .system: "true"
        case .authority(let path): path
        }
      }
    }

    public init(
      endpoint: Endpoint, name: String, user: String, passwordFile: String?, connections: Int,
      tls: TLS, shared: Bool = false
    ) {
      self.endpoint = endpoint
      self.name = name
      self.user = user
      self.passwordFile = passwordFile
      self.connections = connections
      self.tls = tls
      self.shared = shared
    }
  }

  /// The HTTP interface.
  public struct HTTP: Sendable, Hashable {
    /// An IPv4 or IPv6 address.
    public var address: String
    public var port: Int
    /// Host names that requests may name beside the addresses bound, in lower case.
    public var hosts: [String]
    /// A file with the token that allows changes from elsewhere; read it by `SecretFile.readToken`.
    public var tokenFile: String?
    /// Whether everybody who reaches the port may change; never true beyond loopback.
    public var open: Bool
    /// Folders of the libraries that the page uses. They may be missing: the page says so.
    public var bootstrap: String
    public var chartjs: String

    public init(
      address: String, port: Int, hosts: [String], tokenFile: String?, open: Bool,
      bootstrap: String, chartjs: String
    ) {
      self.address = address
      self.port = port
      self.hosts = hosts
      self.tokenFile = tokenFile
      self.open = open
      self.bootstrap = bootstrap
      self.chartjs = chartjs
    }
  }

  /// The control socket.
  public struct Control: Sendable, Hashable {
    /// Path of at most 107 bytes, which is what the kernel takes.
    public var socket: String
    /// The group of the operating system that may use it; nil for the owner and root only.
    public var group: String?

    public init(socket: String, group: String?) {
      self.socket = socket
      self.group = group
    }
  }

  /// What all users' TCP listeners have in common.
  public struct Listeners: Sendable, Hashable {
    /// An IPv4 or IPv6 address.
    public var address: String
    public var connectionsPerServer: Int
    /// Over all servers.
    public var connections: Int
    /// Seconds without a request after which a connection is closed; 0 is never.
    public var idleSeconds: Int

    public init(address: String, connectionsPerServer: Int, connections: Int, idleSeconds: Int) {
      self.address = address
      self.connectionsPerServer = connectionsPerServer
      self.connections = connections
      self.idleSeconds = idleSeconds
    }
  }

  /// What users earn who have no terms of their own.
  public struct Accrual: Sendable, Hashable {
    public var terms: AccrualTerms
    /// A gap longer than this is not credited.
    public var maximumCatchUpSeconds: Int

    public init(terms: AccrualTerms, maximumCatchUpSeconds: Int) {
      self.terms = terms
      self.maximumCatchUpSeconds = maximumCatchUpSeconds
    }
  }

  /// What is logged.
  public struct Log: Sendable, Hashable {
    /// The levels of swift-log, by the same names.
    public enum Level: String, Sendable, Hashable, CaseIterable {
      case trace, debug, info, notice, warning, error, critical
    }
    public var level: Level

    public init(level: Level) {
      self.level = level
    }
  }
}
