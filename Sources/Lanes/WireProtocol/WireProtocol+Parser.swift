extension WireProtocol {
  /// Finds the requests in what one client sends, however it is cut into reads.
  ///
  /// It borrows the bytes of a read and keeps none of them: an incomplete line is remembered as a
  /// place in the tree of names and a length. For each read call `next` until it returns nil, then
  /// `endOfRead`; when the client is silent for `silenceMilliseconds` after a read that left
  /// `isLineIncomplete`, or ends its side, call `takeIncomplete`.
  struct Parser: Sendable {
    /// What `next` finds.
    enum Event: Sendable, Hashable {
      /// A request and its terminator.
      case request(Request)
      /// The terminator of a request that was taken without one: its answer lacks a line feed.
      case lateTerminator
      /// More than `maximumRequestLength` bytes without a terminator: the connection is to end.
      case tooLong
    }

    private var node = NameTree.root
    /// A blank was seen behind the name, so that nothing but blanks may follow.
    private var blankAfterName = false
    /// The last request was taken without its terminator, and nothing but blanks came since.
    private var terminatorMayCome = false
    private var length: UInt16 = 0

    /// The next request in `bytes` from `offset` on, which moves behind it; nil when the rest of
    /// the bytes holds no terminator.
    mutating func next(in bytes: Span<UInt8>, from offset: inout Int) -> Event? {
      let tree = NameTree.shared
      while offset < bytes.count {
        let byte = bytes[offset]
        offset += 1
        if byte == 0x0A || byte == 0 {
          if let event = endLine(tree) { return event }
        } else if !take(byte, tree) {
          return .tooLong
        }
      }
      return nil
    }

    /// Call after a read's last `next`: a request that is whole without a terminator, because no
    /// longer one begins like it.
    mutating func endOfRead() -> Request? {
      let tree = NameTree.shared
      return tree.isComplete(at: node) ? takeWithoutTerminator(tree) : nil
    }

    /// Whether bytes are left over that become a request by silence or by the end of the client's
    /// side.
    var isLineIncomplete: Bool { node != NameTree.root }

    /// The bytes left over, as a request; nil when there are none.
    mutating func takeIncomplete() -> Request? {
      isLineIncomplete ? takeWithoutTerminator(NameTree.shared) : nil
    }

    /// Takes in one byte that is no terminator; false when the line is too long.
    private mutating func take(_ byte: UInt8, _ tree: NameTree) -> Bool {
      length += 1
      if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        blankAfterName = node != NameTree.root
        // A carriage return more: it belongs to the terminator if a line feed follows.
        return length <= maximumRequestLength
          || (length == maximumRequestLength + 1 && byte == 0x0D)
      }
      terminatorMayCome = false
      node = blankAfterName ? NameTree.nowhere : tree.node(after: node, byte)
      return length <= maximumRequestLength
    }

    private mutating func endLine(_ tree: NameTree) -> Event? {
      defer { self = Parser() }
      if node != NameTree.root { return .request(tree.request(at: node)) }
      return terminatorMayCome ? .lateTerminator : nil
    }

    private mutating func takeWithoutTerminator(_ tree: NameTree) -> Request {
      let request = tree.request(at: node)
      self = Parser()
      terminatorMayCome = true
      return request
    }
  }
}
