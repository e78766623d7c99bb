import Glibc

/// A TCP client with a blocking socket, as existing clients have one. A test that waits for an
/// answer that does not come fails after ten seconds.
final class Client {
  private(set) var descriptor: Int32
  private var flooded = 0

  init(port: Int, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    if var receiveBuffer {
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    var noDelay: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let outcome = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if outcome != 0 { throw Failure(call: "connect", number: errno) }
  }

  deinit { close() }

  struct Failure: Error {
    let call: String
    let number: Int32
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Ends this side; the other may still be read.
  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  func send(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let sent = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { throw Failure(call: "send", number: errno) }
      bytes = bytes.dropFirst(sent)
    }
  }

  /// Sends what the kernel takes at once, of `text` again and again; goes on where the call before
  /// ended.
  /// - Returns: the bytes sent.
  func flood(_ text: String, times: Int) -> Int {
    let bytes = Array(text.utf8)
    let before = flooded
    while flooded < before + times * bytes.count {
      let rest = bytes[(flooded % bytes.count)...]
      let sent = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if sent <= 0 { break }
      flooded += sent
    }
    return flooded - before
  }

  /// What one call to recv brings; nil at end of file.
  func receiveOnce() throws -> String? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count < 0 { throw Failure(call: "recv", number: errno) }
    return count == 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Exactly as many bytes as `expected` has, for a comparison with it.
  func receive(asMuchAs expected: String) throws -> String {
    var buffer = [UInt8](repeating: 0, count: expected.utf8.count)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_WAITALL))
    if count < 0 { throw Failure(call: "recv", number: errno) }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Everything up to the end of file.
  func receiveToEnd() throws -> String {
    var text = ""
    while let more = try receiveOnce() { text += more }
    return text
  }
}
