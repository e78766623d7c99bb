import CLinux
import Glibc
import Points

/// TCP sockets of the system in an epoll set: the only file with system calls on clients' sockets.
///
/// It does not close its epoll set: see `EventSet`.
final class SocketTransport: Transport {
  private let eventSet: EventSet
  private let buffer: UnsafeMutableBufferPointer<epoll_event>

  init(_ eventSet: EventSet) {
    self.eventSet = eventSet
    buffer = .allocate(capacity: EventSet.batch)
  }

  deinit { buffer.deallocate() }

  func listen(
    _ specification: ListenerSpecification
  ) throws(ListenerError) -> (descriptor: Int32, port: Int) {
    try ListeningSocket.open(specification)
  }

  func accept(from listener: Int32) -> AcceptResult {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let client = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        clinux_accept4(listener, $0, &length, flags)
      }
    }
    if client >= 0 { return .client(client, PeerAddress(address)) }
    switch errno {
    case EAGAIN: return .noneWaiting
    case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH,
      EOPNOTSUPP, ENETUNREACH, EPERM:
      return .clientFailed
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(errno)
    default: return .broken(errno)
    }
  }

  func receive(
    from descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> ReceiveResult {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .endOfFile }
    return errno == EAGAIN || errno == EINTR ? .nothingYet : .broken
  }

  func send(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int? {
    while true {
      let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if sent >= 0 { return sent }
      if errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM { return 0 }
      if errno != EINTR { return nil }
    }
  }

  func endSending(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closing takes the descriptor out of the epoll set: there is no other copy of it.
  func close(_ descriptor: Int32) { Glibc.close(descriptor) }

  func register(_ descriptor: Int32, token: UInt64) -> Int32? {
    eventSet.add(descriptor, token: token, .read) ? nil : errno
  }

  func setInterest(_ interest: EventSet.Interest, of descriptor: Int32, token: UInt64) {
    eventSet.change(descriptor, token: token, to: interest)
  }

  func poll() -> Int { eventSet.poll(into: buffer) }

  func event(at index: Int) -> EventSet.Event { EventSet.Event(buffer[index]) }
}
