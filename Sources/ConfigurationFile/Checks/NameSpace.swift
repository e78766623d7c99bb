import JSONText
import Points

/// The one name space of users, servers, groups and `all`, so that a profile means one thing.
///
/// Every step takes the same time, however many names there are.
/// - Parameter Key: a name as it is compared; tests count its comparisons.
struct NameSpace<Key: Hashable> {
  private enum Holder {
    /// - Parameter place: of the user in the file, such as `users[3]`.
    case user(place: String, name: String)
    case server(place: String, user: String)
    /// - Parameter lastMember: the entry that was the last to name it.
    case group(spelling: String, lastMember: String)
    case all

    var described: String {
      switch self {
      case .user(let place, let name): "is already the name of \(place) (\(name))"
      case .server(let place, let user): "is already the server of \(place) (\(user))"
      case .group: "is already a group"
      case .all: "stands for all users"
      }
    }
  }

  /// Whether a user is in a group now.
  enum Membership: Equatable {
    /// - Parameter spelling: as the first user that has the group wrote it.
    case joined(spelling: String)
    case refused(String)
  }

  private let key: (String) -> Key
  private var holders: [Key: Holder]

  init(comparingBy key: @escaping (String) -> Key) {
    self.key = key
    holders = [key("all"): .all]
  }

  /// - Returns: why the name is taken; nil when it was free.
  mutating func takeUser(_ name: String, place: String) -> String? {
    take(name, for: .user(place: place, name: name))
  }

  /// A server may be called as its own user.
  mutating func takeServer(_ name: String, place: String, user: String) -> String? {
    if case .user(place, _) = holders[key(name)] { return nil }
    return take(name, for: .server(place: place, user: user))
  }

  /// Groups are shared by users; all users and servers must have been taken before, and all groups
  /// of one entry are joined before those of the next.
  mutating func joinGroup(_ name: String, place: String) -> Membership {
    let key = key(name)
    switch holders[key] {
    case nil:
      holders[key] = .group(spelling: name, lastMember: place)
      return .joined(spelling: name)
    case .group(_, lastMember: place):
      return .refused("\(quoted(name)) stands twice; keep one")
    case .group(let spelling, _):
      holders[key] = .group(spelling: spelling, lastMember: place)
      return .joined(spelling: spelling)
    case .some(let holder):
      return .refused(Self.objection(to: name, heldBy: holder))
    }
  }

  private mutating func take(_ name: String, for holder: Holder) -> String? {
    let key = key(name)
    if let present = holders[key] { return Self.objection(to: name, heldBy: present) }
    holders[key] = holder
    return nil
  }

  private static func objection(to name: String, heldBy holder: Holder) -> String {
    "\(quoted(name)) \(holder.described); choose another name"
  }
}

extension NameSpace where Key == FoldedName {
  init() { self.init(comparingBy: FoldedName.init) }
}
