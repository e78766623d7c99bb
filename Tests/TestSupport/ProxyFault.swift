/// What a proxy does to one statement of a client.
public struct ProxyFault: Sendable {
  public enum Loss: Sendable {
    /// The server carries the statement out and answers; the connection ends before its client
    /// knows.
    case reply
    /// The connection ends, and the server never gets the statement.
    case request
    /// The connection ends as soon as the server has the statement, whatever it does with it.
    case connection
    /// The server gets the statement, and the client nothing any more.
    case hang
  }

  /// How the statement begins.
  let statement: String
  /// How an earlier statement of its transaction begins; nil for any.
  let transaction: String?
  let loss: Loss
  /// Whether the server is away from then on, for every connection.
  let isThenAway: Bool

  public init(
    _ loss: Loss, of statement: String, after transaction: String? = nil, thenAway: Bool = false
  ) {
    self.loss = loss
    self.statement = statement
    self.transaction = transaction
    self.isThenAway = thenAway
  }

  func concerns(_ statement: String, in transaction: [String]) -> Bool {
    statement.hasPrefix(self.statement)
      && self.transaction.map { start in transaction.contains { $0.hasPrefix(start) } } ?? true
  }
}

/// What a proxy understands of MariaDB's client protocol: the commands a client sends, and the
/// numbers that prepared statements get.
struct Conversation {
  private var unread: [UInt8] = []
  private var isInTransaction = false
  private var prepared: [UInt32: String] = [:]
  /// The statement being prepared.
  private var preparing: String?
  private var awaitsCommit = false
  private var statement: String?
  /// The statements of the transaction that is under way, or that was ended last.
  private(set) var transaction: [String] = []

  /// Whether the reply that begins now is that to a commit; asked once for each.
  mutating func replyCommits() -> Bool {
    defer { awaitsCommit = false }
    return awaitsCommit
  }

  /// The statement that was sent for execution just now.
  mutating func takeStatement() -> String? { statement.take() }

  mutating func clientSaid(_ bytes: ArraySlice<UInt8>) {
    unread += bytes
    while unread.count >= 4 {
      let length = Int(unread[0]) | Int(unread[1]) << 8 | Int(unread[2]) << 16
      guard unread.count >= 4 + length else { return }
      let payload = Array(unread[4..<(4 + length)])
      // A command is the first packet of its exchange.
      if unread[3] == 0 { command(payload) }
      unread.removeFirst(4 + length)
    }
  }

  private mutating func command(_ payload: [UInt8]) {
    guard let code = payload.first else { return }
    let text = String(decoding: payload.dropFirst(), as: UTF8.self)
    switch code {
    case 0x03:  // COM_QUERY
      executes(text)
    case 0x16:  // COM_STMT_PREPARE
      preparing = text
    case 0x17:  // COM_STMT_EXECUTE
      guard payload.count >= 5, let text = prepared[Self.number(payload[1...])] else { return }
      executes(text)
      awaitsCommit =
        !isInTransaction
        && ["UPDATE", "INSERT", "DELETE", "SET STATEMENT"].contains { text.hasPrefix($0) }
    default: break
    }
  }

  private mutating func executes(_ text: String) {
    statement = text
    if text.hasPrefix("START TRANSACTION") {
      isInTransaction = true
      transaction = []
    } else if text.hasPrefix("COMMIT") || text.hasPrefix("ROLLBACK") {
      awaitsCommit = text.hasPrefix("COMMIT")
      isInTransaction = false
    } else if isInTransaction {
      transaction.append(text)
    }
  }

  mutating func serverSaid(_ bytes: ArraySlice<UInt8>) {
    guard let text = preparing.take() else { return }
    // Header, a zero byte, the statement's number.
    guard bytes.count >= 9, bytes[bytes.startIndex + 4] == 0 else { return }
    prepared[Self.number(bytes.dropFirst(5))] = text
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
  }
}
