import Points

/// What a client is answered.
enum ReplyKind: UInt8 {
  /// From the database.
  case line, json, watch, greeting
  /// Known at once, but behind something from the database.
  case pong, help, invalid, tooLong
}

/// Replies that clients wait for, in order: a list for each connection, the nodes of all lists in
/// one array, used again and again.
struct PendingReplies {
  /// Equal replies in a row.
  struct Node {
    var kind: ReplyKind
    /// Whether the reply ends with a line feed.
    var ended: Bool
    var count: Int32
    var next: Int32
    /// The read that answers it, or what stands before it.
    var group: UInt64
  }

  /// The ends of one connection's list.
  struct List {
    fileprivate var first: Int32 = -1
    fileprivate var last: Int32 = -1
    /// Replies in the list: at most a read's more than `Connection.pendingLimit`.
    fileprivate(set) var count: Int16 = 0
    var isEmpty: Bool { first < 0 }
  }

  private var nodes: [Node] = []
  private var free: Int32 = -1

  /// Nodes ever made: the most that were in use at a time.
  var capacity: Int { nodes.count }

  /// Puts a reply at the end of `list`.
  mutating func append(_ kind: ReplyKind, ended: Bool, group: UInt64, to list: inout List) {
    list.count += 1
    if ended, list.last >= 0 {
      let last = Int(list.last)
      if nodes[last].kind == kind && nodes[last].ended && nodes[last].group == group {
        nodes[last].count += 1
        return
      }
    }
    let node = make(Node(kind: kind, ended: ended, count: 1, next: -1, group: group))
    if list.last >= 0 { nodes[Int(list.last)].next = node } else { list.first = node }
    list.last = node
  }

  /// The node at the front of a list that is not empty.
  func front(of list: List) -> Node { nodes[Int(list.first)] }

  /// The group of the newest reply in the list.
  func newestGroup(of list: List) -> UInt64? {
    list.last < 0 ? nil : nodes[Int(list.last)].group
  }

  mutating func removeFront(of list: inout List) {
    let node = Int(list.first)
    list.count -= Int16(nodes[node].count)
    list.first = nodes[node].next
    if list.first < 0 { list.last = -1 }
    nodes[node].next = free
    free = Int32(node)
  }

  mutating func removeAll(of list: inout List) {
    while !list.isEmpty { removeFront(of: &list) }
  }

  /// The newest reply's terminator came: it shall end with a line feed.
  mutating func endNewest(of list: List) {
    if list.last >= 0 { nodes[Int(list.last)].ended = true }
  }

  private mutating func make(_ node: Node) -> Int32 {
    guard free >= 0 else {
      nodes.append(node)
      return Int32(nodes.count - 1)
    }
    let index = free
    free = nodes[Int(index)].next
    nodes[Int(index)] = node
    return index
  }
}
