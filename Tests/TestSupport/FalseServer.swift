import Dispatch
import Glibc
import Synchronization

/// A server on loopback that speaks enough of MariaDB's protocol to ask for a password in the way it
/// likes, and keeps all that clients send.
public final class FalseServer: Sendable {
  /// What it does to come by the password.
  public struct Script: Sendable {
    /// The method that its greeting names.
    public var greeting = "mysql_native_password"
    /// The method that it then asks for; nil to let the client wait.
    public var change: String?
    /// What it says behind the method's name, such as a key.
    public var challenge: [UInt8] = Array("01234567890123456789".utf8) + [0]
    /// Whether it claims to speak TLS.
    public var claimsTLS = false
    /// What it answers to the client's first proof after the change, as `caching_sha2_password` does.
    public var demand: [UInt8]?

    public init(
      greeting: String = "mysql_native_password", change: String? = nil, claimsTLS: Bool = false,
      demand: [UInt8]? = nil
    ) {
      self.greeting = greeting
      self.change = change
      self.claimsTLS = claimsTLS
      self.demand = demand
    }
  }

  private final class Inbox: Sendable {
    let bytes = Mutex<[UInt8]>([])
  }

  /// 1 to 65535.
  public let port: Int
  private let listener: Int32
  private let script: Script
  private let inbox = Inbox()
  private let work = DispatchGroup()

  /// Listens until it goes.
  public init(_ script: Script) throws {
    self.script = script
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw TestFault("cannot listen: \(TemporaryFolder.fault)") }
    self.listener = listener
    self.port = Int(UInt16(bigEndian: address.sin_port))
    DispatchQueue(label: "false server").async(group: work) { [script, inbox] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        Self.serve(client, script) { piece in inbox.bytes.withLock { $0 += piece } }
        close(client)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// All that clients sent, after the last of them has gone. It serves nobody afterwards.
  public func received() async -> [UInt8] {
    shutdown(listener, Int32(SHUT_RDWR))
    await withCheckedContinuation { continuation in
      work.notify(queue: .global()) { continuation.resume() }
    }
    return inbox.bytes.withLock { $0 }
  }

  private static func serve(_ client: Int32, _ script: Script, keep: ([UInt8]) -> Void) {
    // Bounded, should the client neither speak nor go.
    var deadline = timeval(tv_sec: 2, tv_usec: 0)
    setsockopt(
      client, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    send(greeting(script), number: 0, to: client)
    var sent = 0
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(client, &buffer, buffer.count)
      guard count > 0 else { return }
      keep(Array(buffer[..<count]))
      sent += 1
      let number = UInt8(truncatingIfNeeded: 2 * sent)
      if sent == 1, let change = script.change {
        send([0xFE] + Array(change.utf8) + [0] + script.challenge, number: number, to: client)
      } else if sent == 2, let demand = script.demand {
        send(demand, number: number, to: client)
      }
    }
  }

  /// Source: MariaDB, *Connection: Initial Handshake Packet*, protocol version 10.
  private static func greeting(_ script: Script) -> [UInt8] {
    // CONNECT_WITH_DB, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH; SSL.
    let capabilities: UInt32 = 0x0008_8208 | (script.claimsTLS ? 0x800 : 0)
    func bytes(_ value: UInt32, from: Int) -> [UInt8] {
      (from..<from + 2).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }
    return [10] + Array("5.5.5-10.11.6-MariaDB".utf8) + [0] + [1, 0, 0, 0]
      + Array("abcdefgh".utf8) + [0] + bytes(capabilities, from: 0) + [45, 2, 0]
      + bytes(capabilities, from: 2) + [21] + [UInt8](repeating: 0, count: 10)
      + Array("ijklmnopqrst".utf8) + [0] + Array(script.greeting.utf8) + [0]
  }

  private static func send(_ payload: [UInt8], number: UInt8, to client: Int32) {
    let length = payload.count
    let packet: [UInt8] =
      [UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length >> 16), number] + payload
    _ = Glibc.send(client, packet, packet.count, Int32(MSG_NOSIGNAL))
  }
}
