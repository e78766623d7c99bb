import Points

@testable import Lanes

/// A transport without sockets: a test brings the clients' bytes, and what the core does is noted.
final class ScriptedTransport: Transport {
  /// What a client sent and the core has not read yet.
  enum Incoming {
    case bytes([UInt8])
    case endOfFile, reset
  }

  private(set) var actions: [String] = []
  private var incoming: [Int32: [Incoming]] = [:]
  /// How many bytes a client's window still takes; absent: all.
  private var windows: [Int32: Int] = [:]
  /// Clients whose connection is gone, so that nothing can be sent.
  private var vanished: Set<Int32> = []
  private var waiting: [Int32] = []
  private var tokens: [Int32: UInt64] = [:]
  private var interests: [Int32: EventSet.Interest] = [:]
  private var events: [EventSet.Event] = []
  /// The descriptor of the only listener; clients have their numbers in the script.
  static let listener: Int32 = 0

  /// Whether the core has something to take in.
  var hasEvents: Bool { !events.isEmpty }

  func note(_ action: String) { actions.append(action) }

  func takeActions() -> [String] {
    defer { actions = [] }
    return actions
  }

  // MARK: What the script brings

  func connect(_ client: Int32, vanishing: Bool = false) {
    waiting.append(client)
    if vanishing { vanished.insert(client) }
    report(Self.listener, readable: true)
  }

  func bring(_ what: Incoming, from client: Int32) {
    incoming[client, default: []].append(what)
    reportUnread(client)
  }

  func setWindow(_ bytes: Int?, of client: Int32) {
    windows[client] = bytes
    if bytes != 0, interests[client]?.contains(.write) == true { report(client, writable: true) }
  }

  private func reportUnread(_ client: Int32) {
    guard interests[client]?.contains(.read) == true, incoming[client]?.isEmpty == false else {
      return
    }
    report(client, readable: true)
  }

  private func report(_ descriptor: Int32, readable: Bool = false, writable: Bool = false) {
    guard let token = tokens[descriptor] else { return }
    events.append(EventSet.Event(token: token, readable: readable, writable: writable))
  }

  // MARK: Transport

  func listen(
    _ specification: ListenerSpecification
  ) throws(ListenerError) -> (descriptor: Int32, port: Int) {
    (Self.listener, 5001)
  }

  func accept(from listener: Int32) -> AcceptResult {
    guard !waiting.isEmpty else { return .noneWaiting }
    let client = waiting.removeFirst()
    return .client(client, PeerAddress(ipv4: (192, 0, 2, UInt8(client)), port: 4000))
  }

  func receive(
    from descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> ReceiveResult {
    guard let first = incoming[descriptor]?.first else { return .nothingYet }
    incoming[descriptor]?.removeFirst()
    switch first {
    case .endOfFile: return .endOfFile
    case .reset: return .broken
    case .bytes(let bytes):
      _ = buffer.update(fromContentsOf: bytes.prefix(buffer.count))
      if bytes.count > buffer.count {
        incoming[descriptor]?.insert(.bytes(Array(bytes.dropFirst(buffer.count))), at: 0)
      }
      reportUnread(descriptor)
      return .bytes(min(bytes.count, buffer.count))
    }
  }

  func send(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int? {
    if vanished.contains(descriptor) { return nil }
    let count = min(bytes.count, windows[descriptor] ?? .max)
    if windows[descriptor] != nil { windows[descriptor, default: 0] -= count }
    if count > 0 {
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      note("\(descriptor) gets \(Replay.escaped(text))")
    }
    return count
  }

  func endSending(_ descriptor: Int32) { note("\(descriptor) is at its end") }

  func close(_ descriptor: Int32) {
    tokens[descriptor] = nil
    interests[descriptor] = nil
    note(descriptor == Self.listener ? "the listener is closed" : "\(descriptor) is closed")
  }

  func register(_ descriptor: Int32, token: UInt64) -> Int32? {
    tokens[descriptor] = token
    setInterest(.read, of: descriptor, token: token)
    return nil
  }

  func setInterest(_ interest: EventSet.Interest, of descriptor: Int32, token: UInt64) {
    let before = interests[descriptor] ?? .read
    interests[descriptor] = interest
    if before.contains(.read) != interest.contains(.read) {
      note("\(descriptor) \(interest.contains(.read) ? "is read again" : "is not read")")
    }
    reportUnread(descriptor)
  }

  func poll() -> Int { min(events.count, EventSet.batch) }

  func event(at index: Int) -> EventSet.Event {
    // The core asks for each event once, in order.
    events.removeFirst()
  }
}
