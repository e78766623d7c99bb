import CLinux
import Glibc
import Points

/// Opening of a TCP socket that listens.
enum ListeningSocket {
  /// Connections that may wait to be accepted; the system's own limit caps it.
  private static let backlog: Int32 = 4096
  /// Bytes in the kernel for each direction of a connection, which the system doubles for its own
  /// use. A client that does not read could make it hold 4 MiB otherwise. Answers are short, and
  /// what is pending beyond is bounded by the lane.
  private static let bufferSize: Int32 = 64 * 1024

  /// - Returns: a listening socket, non-blocking and closed on exec, and the port it is bound to.
  ///   Its options pass to the connections it accepts.
  static func open(
    _ specification: ListenerSpecification
  ) throws(ListenerError) -> (descriptor: Int32, port: Int) {
    let address = try SocketAddress(specification)
    let descriptor = socket(
      address.family,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      throw ListenerError.because("socket", errno, specification)
    }
    do throws(ListenerError) {
      try prepare(descriptor, address, specification)
      return (descriptor, SocketAddress.port(of: descriptor) ?? specification.port)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  private static func prepare(
    _ descriptor: Int32, _ address: SocketAddress, _ specification: ListenerSpecification
  ) throws(ListenerError) {
    let options: [(level: Int32, name: Int32, value: Int32)] = [
      (SOL_SOCKET, SO_REUSEADDR, 1),
      (SOL_SOCKET, SO_KEEPALIVE, 1),
      (SOL_SOCKET, SO_SNDBUF, bufferSize),
      (SOL_SOCKET, SO_RCVBUF, bufferSize),
      (Int32(IPPROTO_TCP), TCP_NODELAY, 1),
      // A peer that vanished is noticed after two minutes and eight probes, not after two hours.
      (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 120),
      (Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15),
      (Int32(IPPROTO_TCP), TCP_KEEPCNT, 8),
    ]
    for option in options {
      var value = option.value
      guard
        setsockopt(
          descriptor, option.level, option.name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
      else { throw ListenerError.because("setsockopt", errno, specification) }
    }
    guard address.bind(descriptor) == 0 else {
      throw ListenerError.because("bind", errno, specification)
    }
    guard listen(descriptor, backlog) == 0 else {
      throw ListenerError.because("listen", errno, specification)
    }
  }
}

extension ListenerError {
  /// An operator's words for what the system refused.
  static func because(
    _ call: String, _ number: Int32, _ specification: ListenerSpecification
  ) -> ListenerError {
    let port = specification.port
    let address = specification.address
    switch number {
    case EADDRINUSE:
      return ListenerError(
        reason: "port \(port) is already in use by another program: stop that program "
          + "(ss -ltnp 'sport = :\(port)' names it) or give \(specification.server) another port",
        retryable: true)
    case EACCES, EPERM:
      return ListenerError(
        reason: "port \(port) may not be listened to: a port below 1024 needs the capability "
          + "CAP_NET_BIND_SERVICE; choose a port from 1024 or grant it", retryable: false)
    case EADDRNOTAVAIL:
      return ListenerError(
        reason: "address \(address) is not an address of this machine (port \(port)): set "
          + "listeners.address or the user's address to one that `ip address` shows",
        retryable: true)
    case EAFNOSUPPORT:
      return ListenerError(
        reason: "address \(address) cannot be listened to (port \(port)): this machine has no "
          + "support for its family; use an IPv4 address", retryable: false)
    case EMFILE, ENFILE:
      return ListenerError(
        reason: "no descriptor is left to listen to port \(port): raise the limit of open files "
          + "(LimitNOFILE, ulimit -n)", retryable: true)
    default:
      return ListenerError(
        reason: "port \(port) at \(address) cannot be listened to: "
          + "\(SystemFault(call, number))", retryable: true)
    }
  }
}
