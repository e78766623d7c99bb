import Dispatch
import Glibc
import MariaDB
import Synchronization

/// A Unix socket before a server that now and then loses the reply to what commits: the client
/// finds the connection gone, the server has done the work.
///
/// What commits is a COMMIT, and a writing statement outside of a transaction.
public final class CommitDroppingProxy: Sendable {
  /// How to connect through the proxy.
  public let settings: ConnectionSettings
  private let folder: String
  private let listener: Int32
  private let serverPath: String
  private let loses: @Sendable (Int) -> Bool
  private let cuts = Mutex(Cuts())
  private let droppedCount = Atomic(0)
  private let committedCount = Atomic(0)

  /// Replies lost so far.
  public var dropped: Int { droppedCount.load(ordering: .relaxed) }
  /// Commits seen so far.
  public var committed: Int { committedCount.load(ordering: .relaxed) }

  /// - Parameters:
  ///   - settings: of the server; a Unix socket.
  ///   - percent: of the replies to commits that are lost.
  ///   - seed: makes a run repeatable.
  public convenience init(before settings: ConnectionSettings, percent: Int, seed: UInt64) throws {
    let chance = Mutex(seed)
    try self.init(before: settings) { _ in
      chance.withLock { state in
        // A linear congruential generator (Knuth, MMIX), of which the high bits are good.
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % 100 < UInt64(percent)
      }
    }
  }

  /// - Parameters:
  ///   - settings: of the server; a Unix socket.
  ///   - loses: whether the reply to the commit of that number, from 1 on, is lost; asked when the
  ///     server has done the work and the client does not know.
  public init(
    before settings: ConnectionSettings, loses: @escaping @Sendable (Int) -> Bool
  ) throws {
    guard case .socket(let path) = settings.endpoint else {
      throw TestFault("the proxy stands before Unix sockets only")
    }
    self.serverPath = path
    self.loses = loses
    self.folder = try TemporaryFolder.make()
    var through = settings
    through.endpoint = .socket("\(folder)/p")
    self.settings = through
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    self.listener = listener
    try Self.withAddress("\(folder)/p") { address, length in
      guard bind(listener, address, length) == 0, listen(listener, 64) == 0 else {
        throw TestFault("cannot listen on \(folder)/p: \(TemporaryFolder.fault)")
      }
    }
    DispatchQueue(label: "proxy.accept").async { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        guard let self else {
          close(client)
          return
        }
        self.serve(client)
      }
    }
  }

  // No new connections; those that are open live on.
  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    TemporaryFolder.remove(folder)
  }

  private static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) throws -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
    }
    return try withUnsafePointer(to: &address) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// Loses everything from now on: what is on its way, and what is sent on connections made until
  /// `heal`, is lost for good, their ends included.
  public func cut() {
    cuts.withLock { cuts in
      cuts.count += 1
      cuts.isCut = true
    }
  }

  /// Serves new connections again.
  public func heal() { cuts.withLock { $0.isCut = false } }

  private struct Cuts { var (count, isCut) = (0, false) }

  private func serve(_ client: Int32) {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    let connected = try? Self.withAddress(serverPath) { connect(server, $0, $1) }
    guard connected == 0 else {
      close(client)
      close(server)
      return
    }
    let begun = cuts.withLock { $0.isCut ? -1 : $0.count }
    DispatchQueue(label: "proxy.connection").async {
      self.pump(client, server) { self.cuts.withLock { $0.count != begun } }
      close(client)
      close(server)
    }
  }

  /// Carries bytes both ways until either side ends or a reply is lost; loses them once `isCut`.
  private func pump(_ client: Int32, _ server: Int32, isCut: () -> Bool) {
    var conversation = Conversation()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var watched = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&watched, 2, -1) > 0 else { return }
      if isCut() { return Self.discard(client, server) }
      if watched[1].revents != 0 {
        let count = read(server, &buffer, buffer.count)
        guard count > 0 else { return }
        if conversation.replyCommits() {
          if loses(committedCount.add(1, ordering: .relaxed).newValue) {
            droppedCount.add(1, ordering: .relaxed)
            return
          }
        }
        conversation.serverSaid(buffer[..<count])
        guard Self.send(buffer[..<count], to: client) else { return }
      } else if watched[0].revents != 0 {
        let count = read(client, &buffer, buffer.count)
        guard count > 0 else { return }
        conversation.clientSaid(buffer[..<count])
        guard Self.send(buffer[..<count], to: server) else { return }
      }
    }
  }

  /// Reads what comes and passes nothing on, until both sides have ended.
  private static func discard(_ descriptors: Int32...) {
    var watched = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while watched.contains(where: { $0.fd >= 0 }) {
      guard poll(&watched, nfds_t(watched.count), -1) > 0 else { return }
      for index in watched.indices where watched[index].revents != 0 {
        // Those that have ended are watched no longer.
        if read(watched[index].fd, &buffer, buffer.count) <= 0 { watched[index].fd = -1 }
      }
    }
  }

  private static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// What a proxy understands of MariaDB's client protocol: the commands a client sends, and the
/// numbers that prepared statements get.
private struct Conversation {
  private var unread: [UInt8] = []
  private var isLoggedIn = false
  private var isInTransaction = false
  private var prepared: [UInt32: Bool] = [:]
  /// Whether the statement being prepared writes.
  private var preparing: Bool?
  private var awaitsCommit = false

  /// Whether the reply that begins now is that to a commit; asked once for each.
  mutating func replyCommits() -> Bool {
    defer { awaitsCommit = false }
    return awaitsCommit
  }

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
      if text.hasPrefix("COMMIT") {
        awaitsCommit = true
        isInTransaction = false
      } else if text.hasPrefix("START TRANSACTION") {
        isInTransaction = true
      } else if text.hasPrefix("ROLLBACK") {
        isInTransaction = false
      }
    case 0x16:  // COM_STMT_PREPARE
      preparing = ["UPDATE", "INSERT", "DELETE", "SET STATEMENT"].contains { text.hasPrefix($0) }
    case 0x17:  // COM_STMT_EXECUTE
      guard payload.count >= 5 else { return }
      awaitsCommit = !isInTransaction && prepared[Self.number(payload[1...])] == true
    default: break
    }
  }

  mutating func serverSaid(_ bytes: ArraySlice<UInt8>) {
    guard let writes = preparing else { return }
    preparing = nil
    // Header, a zero byte, the statement's number.
    guard bytes.count >= 9, bytes[bytes.startIndex + 4] == 0 else { return }
    prepared[Self.number(bytes.dropFirst(5))] = writes
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
  }
}
