import Hummingbird
import NIOCore

/// What a handler knows of the request it answers, beside the request itself.
struct DashboardContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let peer: Peer

  init(source: ApplicationRequestContextSource) {
    self.coreContext = CoreRequestContextStorage(source: source)
    self.peer = Peer(channel: source.channel)
  }
}
