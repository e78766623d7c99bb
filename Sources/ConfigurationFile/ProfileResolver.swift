import JSONText
import Points

/// Finds the users that profiles name: a user, a server, a group or `all`, in any case.
public struct ProfileResolver: Sendable {
  private let users: [ServerDefinition]
  private let members: [FoldedName: [Int]]

  public init(users: [ServerDefinition]) {
    self.users = users
    var members: [FoldedName: [Int]] = [FoldedName("all"): Array(users.indices)]
    for (index, user) in users.enumerated() {
      for name in Set([user.user, user.server].map(FoldedName.init)) {
        members[name, default: []].append(index)
      }
      for group in user.groups { members[FoldedName(group), default: []].append(index) }
    }
    self.members = members
  }

  /// The names of the users that any of `profiles` names, each once, in the order of the file.
  /// - Throws: all the profiles that nobody has.
  public func users(of profiles: [String]) throws(UnknownProfiles) -> [String] {
    var found: Set<Int> = []
    var unknown: [UnknownProfiles.Profile] = []
    for profile in profiles {
      if let indices = members[FoldedName(profile)] {
        found.formUnion(indices)
      } else {
        unknown.append(.init(name: profile, nearest: nearestNames(to: profile, among: names)))
      }
    }
    guard unknown.isEmpty else { throw UnknownProfiles(profiles: unknown) }
    return found.sorted().map { users[$0].user }
  }

  /// Every name a profile may have, each once.
  private var names: [String] {
    var seen: Set<FoldedName> = []
    return (users.map(\.user) + users.map(\.server) + users.flatMap(\.groups) + ["all"])
      .filter { seen.insert(FoldedName($0)).inserted }
  }
}

/// Profiles that name no user, server or group.
public struct UnknownProfiles: Error, Sendable, Hashable {
  public struct Profile: Sendable, Hashable {
    public let name: String
    /// Names it may be a misspelling of, nearest first.
    public let nearest: [String]
  }

  /// At least one.
  public let profiles: [Profile]
}

extension UnknownProfiles: CustomStringConvertible {
  /// One line for each.
  public var description: String {
    profiles.map { profile in
      let line = "no user, server or group is called \(quoted(profile.name))"
      guard !profile.nearest.isEmpty else { return line }
      return line + "; did you mean \(profile.nearest.joined(separator: " or "))?"
    }
    .joined(separator: "\n")
  }
}
