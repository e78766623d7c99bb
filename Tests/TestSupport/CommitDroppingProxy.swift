import Dispatch
import Glibc
import MariaDB
import Synchronization

/// A Unix socket before a server that now and then loses the reply to what commits: the client
/// finds the connection gone, the server has done the work.
///
/// What commits is a COMMIT, and a writing statement outside of a transaction. Beside that it does to
/// single statements what a test says (`meet`), loses everything (`cut`) or is away (`refuse`).
public final class CommitDroppingProxy: Sendable {
  /// How to connect through the proxy.
  public let settings: ConnectionSettings
  private let folder: String
  private let listener: Int32
  private let serverPath: String
  private let loses: @Sendable (Int) -> Bool
  private let cuts = Mutex(Cuts())
  private let faults = Mutex(Faults())
  private let refusedCount = Atomic(0)
  private let droppedCount = Atomic(0)
  private let committedCount = Atomic(0)

  /// Replies lost so far.
  public var dropped: Int { droppedCount.load(ordering: .relaxed) }
  /// Connections refused so far.
  public var refused: Int { refusedCount.load(ordering: .relaxed) }
  /// Faults that no statement has met yet.
  public var waitingFaults: Int { faults.withLock { $0.waiting.count } }
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

  /// Does this to the next statement that it is for; each once, in any order.
  public func meet(_ fault: ProxyFault) { faults.withLock { $0.waiting.append(fault) } }

  /// Ends every connection and takes no other until `admit`: the server is away.
  public func refuse() {
    faults.withLock { faults in
      faults.isAway = true
      for client in faults.clients { shutdown(client, Int32(SHUT_RDWR)) }
    }
  }

  /// Takes connections again.
  public func admit() { faults.withLock { $0.isAway = false } }

  private struct Faults {
    var waiting: [ProxyFault] = []
    var isAway = false
    var clients: Set<Int32> = []

    mutating func take(_ statement: String, _ conversation: Conversation) -> ProxyFault? {
      let index = waiting.firstIndex { $0.concerns(statement, in: conversation.transaction) }
      return index.map { waiting.remove(at: $0) }
    }
  }

  private struct Cuts { var (count, isCut) = (0, false) }

  private func serve(_ client: Int32) {
    let isAway = faults.withLock { faults in
      if !faults.isAway { faults.clients.insert(client) }
      return faults.isAway
    }
    guard !isAway else {
      refusedCount.add(1, ordering: .relaxed)
      close(client)
      return
    }
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    let connected = try? Self.withAddress(serverPath) { connect(server, $0, $1) }
    guard connected == 0 else { return end(client, server) }
    let begun = cuts.withLock { $0.isCut ? -1 : $0.count }
    DispatchQueue(label: "proxy.connection").async {
      self.pump(client, server) { self.cuts.withLock { $0.count != begun } }
      self.end(client, server)
    }
  }

  private func end(_ client: Int32, _ server: Int32) {
    // Forgotten before it is closed: the number may be another connection's at once.
    _ = faults.withLock { $0.clients.remove(client) }
    close(client)
    close(server)
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
        if let statement = conversation.takeStatement(),
          let fault = faults.withLock({ $0.take(statement, conversation) })
        {
          return carryOut(fault, buffer[..<count], client, server)
        }
        guard Self.send(buffer[..<count], to: server) else { return }
      }
    }
  }

  private func carryOut(
    _ fault: ProxyFault, _ request: ArraySlice<UInt8>, _ client: Int32, _ server: Int32
  ) {
    if fault.loss != .request { _ = Self.send(request, to: server) }
    if fault.loss == .reply {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      _ = read(server, &buffer, buffer.count)
    }
    if fault.isThenAway { refuse() }
    if fault.loss == .hang { Self.discard(client, server) }
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
