import JSONText
import Points

/// Finds what profiles mean among the servers that the daemon has.
struct Profiles {
  let servers: [ServerEntry]

  /// One thing to ask of the API.
  enum Target: Equatable {
    case server(ServerEntry)
    /// A group, or `all`, with its members.
    case group(String, members: [ServerEntry])

    /// As it is asked for.
    var name: String {
      switch self {
      case .server(let entry): entry.user
      case .group(let name, _): name
      }
    }
  }

  /// What to ask for `profiles`, no server twice; a group some of whose members were already
  /// covered is taken apart.
  /// - Throws: all names nobody has, each with those it may be a misspelling of.
  func targets(of profiles: [String]) throws(CommandFault) -> [Target] {
    let found = profiles.map { ($0, members(of: $0)) }
    let unknown = found.filter { $0.1 == nil }.map { complaint(about: $0.0) }
    guard unknown.isEmpty else { throw CommandFault(.refused, unknown.joined(separator: "\n")) }
    var covered: Set<String> = []
    var targets: [Target] = []
    for (profile, target) in found {
      guard let target else { continue }
      switch target {
      case .server(let entry):
        if covered.insert(entry.user).inserted { targets.append(.server(entry)) }
      case .group(_, let members):
        let fresh = members.filter { !covered.contains($0.user) }
        covered.formUnion(fresh.map(\.user))
        targets +=
          fresh.count == members.count
          ? [.group(profile, members: members)] : fresh.map { .server($0) }
      }
    }
    return targets
  }

  /// The servers that `profiles` mean, each once.
  func servers(of profiles: [String]) throws(CommandFault) -> [ServerEntry] {
    try targets(of: profiles).flatMap { target in
      switch target {
      case .server(let entry): [entry]
      case .group(_, let members): members
      }
    }
  }

  private func members(of profile: String) -> Target? {
    let name = FoldedName(profile)
    if name == FoldedName("all") { return .group(profile, members: servers) }
    if let entry = servers.first(where: {
      FoldedName($0.user) == name || FoldedName($0.name) == name
    }) {
      return .server(entry)
    }
    let members = servers.filter { $0.groups.contains { FoldedName($0) == name } }
    return members.isEmpty ? nil : .group(profile, members: members)
  }

  private func complaint(about profile: String) -> String {
    let names = servers.map(\.user) + servers.map(\.name) + servers.flatMap(\.groups) + ["all"]
    var seen: Set<FoldedName> = []
    let near = nearestNames(
      to: profile, among: names.filter { seen.insert(FoldedName($0)).inserted })
    let line = "no user, server or group is called \(quoted(profile))"
    return near.isEmpty
      ? line + "; pointsctl ps lists them"
      : line + "; did you mean \(near.joined(separator: " or "))?"
  }
}
