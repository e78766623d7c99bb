import Hummingbird
import NIOCore

/// What a handler knows of the request it answers, beside the request itself.
struct DashboardContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let peer: Peer
  /// Known once the request was let in to its route.
  var caller = Caller.reader

  init(source: ApplicationRequestContextSource) {
    self.coreContext = CoreRequestContextStorage(source: source)
    self.peer = Peer(channel: source.channel)
  }

  /// Who asks, as log and ledger name it: `alice (uid 1000) via the control socket`,
  /// `alice (uid 1000) by browser`, `token`.
  func requester() async -> String {
    switch caller {
    case .controlSocket:
      await peer.account().map { "\($0) via the control socket" } ?? "the control socket"
    case .browser(let account): "\(account) by browser"
    case .token: "token"
    case .open, .reader: "\(peer.address) via http"
    }
  }
}
