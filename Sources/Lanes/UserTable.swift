/// The users a lane has heard of. None is forgotten: the last known value outlives a listener.
struct UserTable {
  private var states: [UserState] = []
  private var indexByName: [String: Int] = [:]

  subscript(index: Int) -> UserState {
    @inline(__always) _read { yield states[index] }
    @inline(__always) _modify { yield &states[index] }
  }

  /// The index of a user who is known.
  func knownIndex(of name: String) -> Int? { indexByName[name] }

  /// The index of a user, who is taken in when not known yet.
  mutating func index(of name: String) -> Int {
    if let known = indexByName[name] { return known }
    states.append(UserState(name: name))
    indexByName[name] = states.count - 1
    return states.count - 1
  }

  var watcherCount: Int { states.reduce(0) { $0 + $1.watchers.count } }
}
