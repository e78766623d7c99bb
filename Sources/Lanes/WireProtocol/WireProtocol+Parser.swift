extension WireProtocol {
  /// Finds the requests in what one client sends, however it is cut into reads.
  ///
  /// It borrows the bytes of a read and keeps none of them: an incomplete line is remembered as a
  /// node in the tree of names and counts of what follows it. For each read call `next` until it
  /// returns nil, then `endOfRead`; when the client is silent for `silenceMilliseconds` after a read
  /// that left `isLineIncomplete`, call `silenceEnded`; when it ends its side, `takeIncomplete`.
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

    /// How far the client is known: what ends a request depends on it.
    private enum Mode: UInt8 {
      /// Programs: silence ends a request too.
      case program
      /// The last request was taken without its terminator, and nothing but blanks came since.
      case terminatorMayCome
      /// Nothing came yet; one, two bytes of a byte order mark; a single letter.
      case untouched, markFirst, markSecond, oneLetter
      /// A person types, key by key: only a terminator or the end of the client's side ends a
      /// request, and BS and DEL erase.
      case typing

      /// Whether bytes have to be looked at before they belong to a line.
      var isSpecial: Bool { rawValue > Mode.terminatorMayCome.rawValue }
    }

    /// Bytes of the line, erased ones included.
    private var length: UInt16 = 0
    /// The longest beginning of the line that begins a name.
    private var node = NameTree.root
    /// Blanks behind that beginning, and characters behind them. Both stay at 255 once there: what
    /// is erased of a longer line does not make it a request again.
    private var blanks: UInt8 = 0
    private var excess: UInt8 = 0
    private var mode = Mode.untouched

    /// The next request in `bytes` from `offset` on, which moves behind it; nil when the rest of
    /// the bytes holds no terminator.
    mutating func next(in bytes: Span<UInt8>, from offset: inout Int) -> Event? {
      let tree = NameTree.shared
      while offset < bytes.count {
        let byte = bytes[offset]
        offset += 1
        if mode.isSpecial, isConsumed(byte, tree) {
          if length > maximumRequestLength { return .tooLong }
          continue
        }
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
      guard mode != .typing else { return nil }
      let tree = NameTree.shared
      return excess == 0 && tree.isComplete(at: node) ? takeWithoutTerminator(tree) : nil
    }

    /// Whether bytes are left over that become a request by the end of the client's side.
    var isLineIncomplete: Bool { node != NameTree.root || excess > 0 }

    /// Whether a person types, so that silence ends no request.
    var isTyping: Bool { mode == .typing }

    /// The client was silent for `silenceMilliseconds`: the bytes left over, as a request; nil when
    /// there are none, or when a person types.
    mutating func silenceEnded() -> Request? {
      if mode == .oneLetter { mode = .typing }
      return isTyping ? nil : takeIncomplete()
    }

    /// The client ended its side: the bytes left over, as a request; nil when there are none.
    mutating func takeIncomplete() -> Request? {
      isLineIncomplete ? takeWithoutTerminator(NameTree.shared) : nil
    }

    /// Takes in one byte that is no terminator; false when the line is too long.
    private mutating func take(_ byte: UInt8, _ tree: NameTree) -> Bool {
      length += 1
      if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        if excess > 0 {
          Self.increment(&excess)
        } else if node != NameTree.root {
          Self.increment(&blanks)
        }
        // A carriage return more: it belongs to the terminator if a line feed follows.
        return length <= maximumRequestLength
          || (length == maximumRequestLength + 1 && byte == 0x0D)
      }
      if mode == .terminatorMayCome { mode = .program }
      if blanks == 0 && excess == 0 {
        let next = tree.node(after: node, byte)
        if next != NameTree.nowhere {
          node = next
          return length <= maximumRequestLength
        }
      }
      // Characters are counted, not the bytes that continue them.
      if excess == 0 || byte & 0xC0 != 0x80 { Self.increment(&excess) }
      return length <= maximumRequestLength
    }

    /// Looks at a byte of a client that is not known yet, or of a person.
    /// - Returns: whether the byte belongs to no line.
    private mutating func isConsumed(_ byte: UInt8, _ tree: NameTree) -> Bool {
      switch mode {
      case .untouched:
        let isLetter = (0x61...0x7A).contains(byte | 0x20)
        mode = byte == 0xEF ? .markFirst : isLetter ? .oneLetter : .program
      case .markFirst: mode = byte == 0xBB ? .markSecond : .program
      case .markSecond:
        mode = .program
        guard byte == 0xBF else { return false }
        clearLine()
        return true
      case .typing:
        guard byte == 0x08 || byte == 0x7F else { return false }
        erase(tree)
        return true
      case .oneLetter: mode = .program
      case .program, .terminatorMayCome: break
      }
      return false
    }

    private mutating func erase(_ tree: NameTree) {
      length += 1
      if excess > 0 {
        if excess < .max { excess -= 1 }
      } else if blanks > 0 {
        if blanks < .max { blanks -= 1 }
      } else {
        node = tree.parent(of: node)
      }
    }

    private static func increment(_ count: inout UInt8) {
      if count < .max { count += 1 }
    }

    private func request(_ tree: NameTree) -> Request {
      excess > 0 ? .unknown : tree.request(at: node)
    }

    private mutating func clearLine() {
      length = 0
      node = NameTree.root
      blanks = 0
      excess = 0
    }

    private mutating func endLine(_ tree: NameTree) -> Event? {
      defer {
        clearLine()
        if mode == .terminatorMayCome { mode = .program }
      }
      if isLineIncomplete { return .request(request(tree)) }
      return mode == .terminatorMayCome ? .lateTerminator : nil
    }

    private mutating func takeWithoutTerminator(_ tree: NameTree) -> Request {
      let request = request(tree)
      clearLine()
      mode = .terminatorMayCome
      return request
    }
  }
}
