import Glibc

/// A Unix datagram socket in a folder of its own, as a service manager has.
struct DatagramReceiver {
  struct Failure: Error {
    let call: String
    let number: Int32
  }

  let path: String
  private let folder: String
  private let descriptor: Int32

  init() throws {
    var template = Array("/tmp/pointsd-notify-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Failure(call: "mkdtemp", number: errno) }
    folder = String(cString: made)
    path = folder + "/notify"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw Failure(call: "bind", number: errno) }
  }

  /// The next datagram; waits for it 10 s at most.
  func receive() -> String? {
    var deadline = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  func close() {
    _ = Glibc.close(descriptor)
    unlink(path)
    rmdir(folder)
  }
}
