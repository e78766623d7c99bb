import Glibc
import Synchronization

/// What of a connection other threads may see and do while it blocks: whether it is usable, and
/// cutting it.
final class ConnectionLink: Sendable {
  private enum State {
    case unconnected
    case open(duplicate: Int32)
    case closed
  }

  private let state = Mutex(State.unconnected)

  var isOpen: Bool {
    state.withLock { if case .open = $0 { true } else { false } }
  }

  /// - Parameter descriptor: the connection's socket. A duplicate is kept, as the library closes
  ///   its own by itself when the connection is lost, and the number may be in use again then.
  /// - Returns: false when the connection was cut before it came about, or no descriptor is free.
  func open(sharing descriptor: Int32) -> Bool {
    state.withLock {
      guard case .unconnected = $0 else { return false }
      let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard duplicate >= 0 else { return false }
      $0 = .open(duplicate: duplicate)
      return true
    }
  }

  func closed() {
    state.withLock {
      if case .open(let duplicate) = $0 { _ = Glibc.close(duplicate) }
      $0 = .closed
    }
  }

  /// Ends a blocked read or write with an error.
  func cut() {
    state.withLock {
      switch $0 {
      case .open(let duplicate): _ = shutdown(duplicate, Int32(SHUT_RDWR))
      case .unconnected: $0 = .closed
      case .closed: break
      }
    }
  }
}
