import Glibc
import NIOCore

/// Who is at the other end of a connection.
struct Peer: Sendable {
  /// Which way a connection came in.
  enum Transport: Sendable, Hashable {
    case controlSocket
    /// The addresses of both ends, nil where the kernel does not say.
    case tcp(peer: Host?, local: Host?)
  }

  let transport: Transport
  let channel: any Channel

  init(channel: any Channel) {
    self.channel = channel
    if case .unixDomainSocket = channel.localAddress {
      self.transport = .controlSocket
    } else {
      self.transport = .tcp(
        peer: channel.remoteAddress?.ipAddress.map(Host.init),
        local: channel.localAddress?.ipAddress.map(Host.init))
    }
  }

  /// Where the connection comes from, for a log line.
  var address: String {
    switch transport {
    case .tcp(let peer, _): peer?.name ?? "unknown address"
    case .controlSocket: "the control socket"
    }
  }

  /// The account at the other end of the control socket, by the kernel's word; nil for TCP.
  func account() async -> Account? {
    guard transport == .controlSocket, let identifier = await userIdentifier() else { return nil }
    return await Account.lookUp(identifier)
  }

  /// Ends the connection at once, whatever is under way.
  func disconnect() {
    channel.close(mode: .all, promise: nil)
  }

  /// `struct ucred` of unix(7), which Glibc's headers hide without `_GNU_SOURCE`.
  private struct Credentials {
    var process: pid_t = 0
    var user: uid_t = 0
    var group: gid_t = 0
  }

  /// The user at the other end, by the kernel's word (SO_PEERCRED).
  private func userIdentifier() async -> uid_t? {
    guard let provider = channel as? any SocketOptionProvider else { return nil }
    let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
      level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
    // A peer that is gone has no credentials any more; its request is answered all the same.
    return try? await credentials.get().user
  }
}
