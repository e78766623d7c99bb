/// What the HTTP service needs to know of the configuration.
public struct DashboardSettings: Sendable {
  /// Where the libraries of the page lie on this machine.
  public struct Libraries: Sendable, Hashable {
    /// The folder with Bootstrap's `css/` and `js/`.
    public var bootstrap: String
    /// The folder with Chart.js, or the file itself.
    public var chartjs: String

    public init(
      bootstrap: String = "/usr/share/javascript/bootstrap5",
      chartjs: String = "/usr/share/javascript/chart.js"
    ) {
      self.bootstrap = bootstrap
      self.chartjs = chartjs
    }
  }

  /// An IPv4 or IPv6 address in text, or `localhost`.
  public var address: String
  /// 1 to 65535; 0 lets the kernel choose (tests).
  public var port: Int
  /// Names beside `localhost` and the addresses bound that a `Host` header may carry.
  public var hosts: [String]
  /// The secret that allows changes from elsewhere; nil when none is configured.
  public var token: TokenSource?
  /// Whether everybody who reaches the port may change things (`http.open`).
  public var open: Bool
  /// Path of the control socket, at most 107 bytes.
  public var controlSocket: String
  /// The group of the operating system that may use the control socket; nil for its owner only.
  public var controlGroup: String?
  public var libraries: Libraries
  public var limits: DashboardLimits

  public init(
    address: String = "127.0.0.1", port: Int = 8080, hosts: [String] = [],
    token: TokenSource? = nil, open: Bool = false,
    controlSocket: String, controlGroup: String? = nil, libraries: Libraries = Libraries(),
    limits: DashboardLimits = DashboardLimits()
  ) {
    self.address = address
    self.port = port
    self.hosts = hosts
    self.token = token
    self.open = open
    self.controlSocket = controlSocket
    self.controlGroup = controlGroup
    self.libraries = libraries
    self.limits = limits
  }
}
