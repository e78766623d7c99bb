/// Reads the commands that a client sends, from the bytes as they come.
///
/// Source: MariaDB's "Client/Server Protocol", 0-packet: three bytes of length, least first, a
/// sequence number, then the payload. A command begins a new sequence.
struct ClientPackets {
  /// What a client asked for, as far as the proxy cares.
  enum Command: Equatable {
    case commit
    /// Any other statement.
    case statement
    /// Anything that is no statement.
    case other
  }

  private var header: [UInt8] = []
  private var payload: [UInt8] = []
  private var remaining = 0

  /// The commands that these bytes complete.
  mutating func commands(in bytes: some Sequence<UInt8>) -> [Command] {
    var commands: [Command] = []
    for byte in bytes {
      if header.count < 4 {
        header.append(byte)
        guard header.count == 4 else { continue }
        remaining = Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16
        payload = []
      } else {
        remaining -= 1
        // A statement is told by its first bytes.
        if payload.count < 16 { payload.append(byte) }
      }
      guard remaining == 0 else { continue }
      if header[3] == 0 { commands.append(command) }
      header = []
    }
    return commands
  }

  private var command: Command {
    switch payload.first {
    case 0x03:  // COM_QUERY
      payload.dropFirst().elementsEqual("COMMIT".utf8) ? .commit : .statement
    case 0x17:  // COM_STMT_EXECUTE
      .statement
    default:
      .other
    }
  }
}

/// The first packet of an answer, if it is "OK".
struct OKPacket {
  let affectedRows: UInt64
  let isInTransaction: Bool

  /// - Parameter bytes: the answer as the server sends it, from its beginning.
  init?(_ bytes: [UInt8]) {
    guard bytes.count > 4, bytes[4] == 0 else { return nil }
    var rest = bytes.dropFirst(5)
    guard let affected = Self.integer(&rest), Self.integer(&rest) != nil, let status = rest.first
    else { return nil }
    affectedRows = affected
    isInTransaction = status & 1 != 0  // SERVER_STATUS_IN_TRANS
  }

  /// A number in the protocol's form of one, three, four or nine bytes.
  private static func integer(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    guard let first = bytes.popFirst() else { return nil }
    let length: Int
    switch first {
    case ..<0xFB: return UInt64(first)
    case 0xFC: length = 2
    case 0xFD: length = 3
    case 0xFE: length = 8
    default: return nil
    }
    guard bytes.count >= length else { return nil }
    let number = bytes.prefix(length).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    bytes = bytes.dropFirst(length)
    return number
  }
}
