import Dashboard
import Points

/// The line that `systemctl status` shows: what people see first.
struct StatusLine {
  let servers: [ServerStatus]
  let database: DatabaseCondition
  /// nil before the first tick.
  let secondsSinceTick: Int?
  let http: ListenCondition
  let configuration: ConfigurationCondition

  var text: String {
    [reload, users, databaseText, tick, httpFault].compactMap { $0 }.joined(separator: "; ")
  }

  /// First, for nothing else needs an operator.
  private var reload: String? {
    guard case .rejected(let since, let reason) = configuration else { return nil }
    let fault = reason.split(separator: "\n").first.map(String.init) ?? "unknown"
    return "RELOAD REFUSED at \(since): \(fault)"
  }

  private var users: String {
    let running = servers.count { $0.status == .running }
    var parts = ["\(running)/\(servers.count) users running"]
    for (state, word) in [
      (ServerState.paused, "paused"), (.stopped, "stopped"), (.starting, "starting"),
    ] {
      let count = servers.count { $0.status == state }
      if count > 0 { parts.append("\(count) \(word)") }
    }
    let faulty = servers.filter { $0.status == .failed || $0.status == .backingOff }
    if let first = faulty.first {
      parts.append("\(faulty.count) failed (\(first.user): \(first.reason ?? "unknown"))")
    }
    return parts.joined(separator: ", ")
  }

  private var databaseText: String {
    switch database {
    case .available: "database ok"
    case .away(let since, let reason): "database away since \(since): \(reason)"
    }
  }

  private var tick: String? {
    secondsSinceTick.map { "last tick \($0) s ago" }
  }

  private var httpFault: String? {
    if case .retrying(let reason) = http { "HTTP is not listening: \(reason)" } else { nil }
  }
}
