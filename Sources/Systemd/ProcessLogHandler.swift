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

/// The handler of all loggers of the process: its level is the process's until its logger is given
/// one of its own, and what it writes is kept for those who ask.
struct ProcessLogHandler: LogHandler {
  private var handler: any LogHandler
  private let common: AdjustableLevel
  private let recent: RecentLog
  private var own: Logger.Level?

  init(_ handler: any LogHandler, common: AdjustableLevel, recent: RecentLog) {
    self.handler = handler
    self.common = common
    self.recent = recent
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

  func log(event: LogEvent) {
    handler.log(event: event)
    recent.add(event, LogText.merged(metadata, metadataProvider, event))
  }
}
