import Glibc

/// A blocking client, of TCP or a Unix socket, that does exactly what a test says, byte by byte if
/// need be.
final class TCPClient {
  private let descriptor: Int32

  struct Fault: Error {
    let call: String
    let number: Int32
  }

  init(port: Int, timeoutSeconds: Int = 10) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    // A throw after the descriptor is set runs deinit, which closes it.
    guard result == 0 else { throw Fault(call: "connect", number: errno) }
  }

  /// Connects to a Unix socket.
  init(socket path: String, timeoutSeconds: Int = 30) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Fault(call: "connect", number: errno) }
  }

  deinit { Glibc.close(descriptor) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    else { throw Fault(call: "send", number: errno) }
  }

  /// What one read returns; empty at the end of the stream.
  func read() throws -> String {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw Fault(call: "recv", number: errno) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Reads until so many lines are there; throws at the end of the stream.
  func readLines(_ count: Int) throws -> [String] {
    var text = ""
    while text.utf8.count(where: { $0 == UInt8(ascii: "\n") }) < count {
      let more = try read()
      guard !more.isEmpty else { throw Fault(call: "end of stream after \(text)", number: 0) }
      text += more
    }
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// Everything up to the end of the stream.
  func readToEnd() throws -> String {
    var text = ""
    while true {
      let more = try read()
      if more.isEmpty { return text }
      text += more
    }
  }

  /// Tells the server that nothing more will be sent.
  func finishSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Whether bytes wait to be read now.
  var hasInput: Bool {
    var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&descriptors, 1, 0) > 0
  }
}
