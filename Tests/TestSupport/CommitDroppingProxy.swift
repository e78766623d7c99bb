import Dispatch
import Glibc
import MariaDB
import Synchronization

/// Stands between a client and MariaDB and loses some of the replies that tell of a commit: the
/// server has committed, the client sees a connection that broke. What a daemon must survive
/// without counting twice.
///
/// A reply tells of a commit when it answers COMMIT, or is "OK" with rows changed outside of a
/// transaction.
public final class CommitDroppingProxy: Sendable {
  private struct State {
    var random: UInt64
    var probability: Double
    var commits = 0
    var dropped = 0
    var descriptors: Set<Int32> = []
    var isStopped = false
  }

  /// Where clients connect.
  public let socket: String
  private let folder: String
  private let upstream: String
  private let listener: Int32
  private let state: Mutex<State>

  /// Replies to commits that came from the server, those dropped included.
  public var commits: Int { state.withLock { $0.commits } }
  /// Replies to commits that were lost.
  public var dropped: Int { state.withLock { $0.dropped } }

  /// - Parameters:
  ///   - upstream: the server's socket.
  ///   - probability: of losing a reply, 0 to 1.
  ///   - seed: the same seed loses the same replies.
  public init(upstream: String, probability: Double, seed: UInt64 = 1) throws {
    self.upstream = upstream
    folder = try TemporaryFolder.make()
    socket = "\(folder)/s"
    state = Mutex(State(random: seed, probability: probability))
    listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0, UnixSocketAddress(socket).bind(listener), listen(listener, 64) == 0 else {
      throw TestFault("cannot listen at \(socket): \(TemporaryFolder.fault)")
    }
    DispatchQueue(label: "proxy.accept").async { [self] in acceptAll() }
  }

  /// The same database through this proxy.
  public func settings(for settings: ConnectionSettings) -> ConnectionSettings {
    var settings = settings
    settings.endpoint = .socket(socket)
    return settings
  }

  /// From now on replies are lost with this probability.
  public func lose(_ probability: Double) {
    state.withLock { $0.probability = probability }
  }

  /// Cuts all connections and takes no more.
  public func stop() {
    state.withLock { state in
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
    TemporaryFolder.remove(folder)
  }

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { break }
      _ = fcntl(client, F_SETFD, FD_CLOEXEC)
      let server = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard UnixSocketAddress(upstream).connect(server), register(client, server) else {
        close(client)
        close(server)
        continue
      }
      DispatchQueue(label: "proxy.connection").async { [self] in
        forward(client, server)
        state.withLock { $0.descriptors.subtract([client, server]) }
        close(client)
        close(server)
      }
    }
    close(listener)
  }

  private func register(_ client: Int32, _ server: Int32) -> Bool {
    state.withLock { state in
      guard !state.isStopped else { return false }
      state.descriptors.formUnion([client, server])
      return true
    }
  }

  /// Carries bytes both ways until one side ends or a reply is to be lost.
  private func forward(_ client: Int32, _ server: Int32) {
    var packets = ClientPackets()
    // Set while the first bytes of an answer are to come.
    var asked: ClientPackets.Command?
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var waits = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&waits, 2, -1) > 0 || errno == EINTR else { return }
      if waits[0].revents != 0 {
        let count = read(client, &buffer, buffer.count)
        guard count > 0 else { return }
        asked = packets.commands(in: buffer[..<count]).last ?? asked
        guard sendAll(buffer[..<count], to: server) else { return }
      }
      if waits[1].revents != 0 {
        let count = read(server, &buffer, buffer.count)
        guard count > 0 else { return }
        if let command = asked, tellsOfCommit(command, Array(buffer[..<min(count, 64)])), isLost() {
          return
        }
        asked = nil
        guard sendAll(buffer[..<count], to: client) else { return }
      }
    }
  }

  private func tellsOfCommit(_ command: ClientPackets.Command, _ answer: [UInt8]) -> Bool {
    guard let ok = OKPacket(answer) else { return false }
    switch command {
    case .commit: return true
    case .statement: return ok.affectedRows > 0 && !ok.isInTransaction
    case .other: return false
    }
  }

  /// Counts a commit and throws the dice for it. SplitMix64, Steele, Lea and Flood.
  private func isLost() -> Bool {
    state.withLock { state in
      state.random &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state.random
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      mixed ^= mixed >> 31
      state.commits += 1
      guard Double(mixed >> 11) / Double(1 << 53) < state.probability else { return false }
      state.dropped += 1
      return true
    }
  }

  private func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }
}

/// The address of a Unix socket.
struct UnixSocketAddress {
  private var address = sockaddr_un()

  /// - Parameter path: of at most 107 bytes; a longer one is cut and will not be found.
  init(_ path: String) {
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: path.utf8.prefix(target.count - 1))
    }
  }

  func bind(_ descriptor: Int32) -> Bool { call(descriptor, Glibc.bind) }

  func connect(_ descriptor: Int32) -> Bool { call(descriptor, Glibc.connect) }

  private func call(
    _ descriptor: Int32, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Bool {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
