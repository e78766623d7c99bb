import Logging
import Synchronization

/// Keeps the lines of a logger, with their level before them.
public final class LogRecorder: Sendable {
  private let kept = Mutex<[String]>([])

  public init() {}

  public var lines: [String] { kept.withLock { $0 } }

  /// Those that an operator would be shown by default and has to do something about.
  public var loudLines: [String] {
    lines.filter { line in ["warning", "error", "critical"].contains { line.hasPrefix($0) } }
  }

  public var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

  private struct Handler: LogHandler {
    let recorder: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      recorder.kept.withLock { $0.append("\(event.level): \(event.message)") }
    }
  }
}
