import ConfigurationFile
import Dashboard
import Files
import Lanes
import Points

/// What `--check` prints of a configuration without a fault, and what a start by this account would
/// say nevertheless.
struct CheckReport {
  let configuration: Configuration
  let budget: DescriptorBudget
  /// The users that profiles name; nil for those who run as last asked.
  let selected: Set<String>?
  /// Why a start would end with 78.
  let obstacles: [String]

  init(configuration: Configuration, budget: DescriptorBudget, selected: Set<String>?) {
    self.configuration = configuration
    self.budget = budget
    self.selected = selected
    self.obstacles = Self.obstacles(configuration)
  }

  private static func obstacles(_ configuration: Configuration) -> [String] {
    var found: [String] = []
    do {
      try ControlSocketError.check(configuration.control.socket)
    } catch {
      found.append("\(error)")
    }
    if case .managed(let directory) = configuration.database {
      do {
        _ = try Directory.lookingWhether(directory)
      } catch {
        found.append("private database in \(directory): \(error)")
      }
    }
    return found
  }

  var text: String {
    let http = configuration.http
    var lines = [
      "instance   \(InstanceName.of(configuration))",
      "database   \(database)" + (isShared ? ", shared with other daemons" : ""),
      "http       \(http.address):\(http.port)",
      "control    \(configuration.control.socket)"
        + (configuration.control.group.map { ", for the group \($0)" } ?? ""),
      "open files \(budget.limit): at a time \(clients) TCP clients, \(budget.http) HTTP, "
        + "\(budget.events) event and \(budget.control) control connections",
    ]
    for user in configuration.users {
      let groups = user.groups.isEmpty ? "" : " [\(user.groups.joined(separator: ", "))]"
      let skipped = selected.map { $0.contains(user.user) ? "" : " (not in the profiles)" } ?? ""
      let seconds = Double(user.terms.intervalMilliseconds) / 1000
      lines.append(
        "\(user.server)\(groups) \(user.user) on \(user.address):\(user.port), "
          + "\(user.terms.points) points every \(seconds) s\(skipped)")
    }
    lines += configuration.warnings().map { "WARNING    \($0)" }
    lines += obstacles.map { "A START BY THIS ACCOUNT WOULD END: \($0)" }
    lines.append(
      "\(configuration.users.count) users, no fault found"
        + (obstacles.isEmpty ? "" : " in the file"))
    return lines.joined(separator: "\n") + "\n"
  }

  private var clients: Int { min(budget.clients, configuration.listeners.connections) }

  private var isShared: Bool {
    if case .given(let given) = configuration.database { given.shared } else { false }
  }

  private var database: String {
    switch configuration.database {
    case .managed(let directory): "managed, in \(directory)"
    case .given(let given):
      switch given.endpoint {
      case .socket(let path): "\(given.name) at \(path) as \(given.user)"
      case .host(let host, let port):
        "\(given.name) at \(host):\(port) as \(given.user), "
          + (given.tls == .off ? "no TLS" : "TLS")
      }
    }
  }
}
