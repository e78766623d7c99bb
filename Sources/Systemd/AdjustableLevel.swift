import Logging
import Synchronization

/// The level of all loggers that have none of their own; it can change while they are in use.
final class AdjustableLevel: Sendable {
  private let level: Mutex<Logger.Level>

  init(_ level: Logger.Level) {
    self.level = Mutex(level)
  }

  var value: Logger.Level {
    get { level.withLock { $0 } }
    set { level.withLock { $0 = newValue } }
  }
}

/// A handler whose level is the process's until its logger is given one of its own.
struct AdjustableLogHandler: LogHandler {
  private var handler: any LogHandler
  private let common: AdjustableLevel
  private var own: Logger.Level?

  init(_ handler: any LogHandler, common: AdjustableLevel) {
    self.handler = handler
    self.common = common
  }

  var logLevel: Logger.Level {
    get { own ?? common.value }
    set { own = newValue }
  }

  var metadata: Logger.Metadata {
    get { handler.metadata }
    set { handler.metadata = newValue }
  }

  var metadataProvider: Logger.MetadataProvider? {
    get { handler.metadataProvider }
    set { handler.metadataProvider = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { handler[metadataKey: key] }
    set { handler[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) { handler.log(event: event) }
}
