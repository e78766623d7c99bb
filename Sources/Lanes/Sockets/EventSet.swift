import CLinux
import Glibc

/// An epoll set: which descriptors are watched, and which have something.
///
/// It does not close its descriptor: a dispatch source watches it, and only that source's
/// cancellation is the moment to close it.
struct EventSet {
  /// What happened to one descriptor.
  struct Event {
    /// What was registered with the descriptor.
    let token: UInt64
    private let bits: UInt32

    init(_ event: epoll_event) {
      token = event.data.u64
      bits = event.events
    }

    init(token: UInt64, readable: Bool = false, writable: Bool = false, broken: Bool = false) {
      self.token = token
      bits =
        (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
        | (broken ? EPOLLHUP.rawValue : 0)
    }

    /// Bytes, a connection or the end of file wait to be read.
    var readable: Bool { bits & EPOLLIN.rawValue != 0 }
    /// There is room for bytes to send.
    var writable: Bool { bits & EPOLLOUT.rawValue != 0 }
    /// An error, or both directions are over.
    var broken: Bool { bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
  }

  /// What is wanted to be known of a descriptor; errors are reported in any case.
  struct Interest: OptionSet {
    let rawValue: UInt8
    static let read = Interest(rawValue: 1)
    static let write = Interest(rawValue: 2)

    fileprivate var bits: UInt32 {
      (contains(.read) ? EPOLLIN.rawValue : 0) | (contains(.write) ? EPOLLOUT.rawValue : 0)
    }
  }

  /// Events taken in by one call.
  static let batch = 256

  let descriptor: Int32

  /// Throws the system's error number when no set can be made.
  init() throws(SystemFault) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    if descriptor < 0 { throw SystemFault("epoll_create1", errno) }
  }

  /// Returns false when the kernel refuses, for want of memory.
  func add(_ file: Int32, token: UInt64, _ interest: Interest) -> Bool {
    control(EPOLL_CTL_ADD, file, token, interest)
  }

  func change(_ file: Int32, token: UInt64, to interest: Interest) {
    _ = control(EPOLL_CTL_MOD, file, token, interest)
  }

  private func control(_ what: Int32, _ file: Int32, _ token: UInt64, _ interest: Interest) -> Bool
  {
    var event = epoll_event(events: interest.bits, data: epoll_data_t(u64: token))
    return epoll_ctl(descriptor, what, file, &event) == 0
  }

  /// What there is now, without waiting.
  func poll(into events: UnsafeMutableBufferPointer<epoll_event>) -> Int {
    guard let first = events.baseAddress else { return 0 }
    return max(0, Int(epoll_wait(descriptor, first, Int32(events.count), 0)))
  }
}
