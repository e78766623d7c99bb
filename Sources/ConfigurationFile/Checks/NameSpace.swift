import JSONText
import Points

/// The one name space of users, servers, groups and `all`, so that a profile means one thing.
struct NameSpace {
  private enum Holder {
    case user(index: Int, name: String)
    case server(index: Int, user: String)
    case group(spelling: String)
    case all

    var described: String {
      switch self {
      case .user(let index, let name): "is already the name of users[\(index)] (\(name))"
      case .server(let index, let user): "is already the server of users[\(index)] (\(user))"
      case .group: "is already a group"
      case .all: "stands for all users"
      }
    }
  }

  private var holders: [FoldedName: Holder] = [FoldedName("all"): .all]

  /// - Returns: why the name is taken; nil when it was free.
  mutating func takeUser(_ name: String, index: Int) -> String? {
    take(name, for: .user(index: index, name: name))
  }

  /// A server may be called as its own user.
  mutating func takeServer(_ name: String, index: Int, user: String) -> String? {
    if case .user(index, _) = holders[FoldedName(name)] { return nil }
    return take(name, for: .server(index: index, user: user))
  }

  /// Groups are shared by users; all users and servers must have been taken before.
  /// - Returns: the spelling of the first user that has the group, or why the name is taken.
  mutating func joinGroup(_ name: String) -> (spelling: String, objection: String?) {
    if case .group(let spelling) = holders[FoldedName(name)] { return (spelling, nil) }
    return (name, take(name, for: .group(spelling: name)))
  }

  private mutating func take(_ name: String, for holder: Holder) -> String? {
    if let present = holders[FoldedName(name)] {
      return "\(quoted(name)) \(present.described); choose another name"
    }
    holders[FoldedName(name)] = holder
    return nil
  }
}
