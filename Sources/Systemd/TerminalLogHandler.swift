import Glibc
import Logging

/// Log lines for people: `2026-01-12 14:30:00Z INFO  Updated Afif: Points=120 (event=update)`.
///
/// Each entry is one line.
public struct TerminalLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level

  private let coloured: Bool
  private let now: @Sendable () -> Int
  private let write: @Sendable (String) -> Void

  /// Writes to standard error.
  /// - Parameters:
  ///   - coloured: whether levels are coloured by the escape sequences of ECMA-48.
  ///   - level: the least severe level that is written.
  public init(coloured: Bool, level: Logger.Level) {
    self.init(
      coloured: coloured, level: level, now: { time(nil) },
      write: { LogOutput.writer.write(.line($0)) })
  }

  /// Writes to `write`.
  /// - Parameter now: the Unix time in seconds.
  init(
    coloured: Bool, level: Logger.Level, now: @escaping @Sendable () -> Int,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.coloured = coloured
    self.logLevel = level
    self.now = now
    self.write = write
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    write(line(event))
  }

  private func line(_ event: LogEvent) -> String {
    let time = paint("2", "\(LogText.timestamp(now()))Z")
    let message = LogText.escaped("\(event.message)")
    let pairs = LogText.merged(metadata, metadataProvider, event)
      .sorted { $0.key < $1.key }
      .map { "\(LogText.escaped($0.key))=\(LogText.quoted($0.value))" }
    let details = pairs.isEmpty ? "" : " " + paint("2", "(\(pairs.joined(separator: " ")))")
    return "\(time) \(name(event.level)) \(message)\(details)\n"
  }

  /// The level in five columns, so that messages stand below each other.
  private func name(_ level: Logger.Level) -> String {
    switch level {
    case .trace: paint("2", "TRACE")
    case .debug: paint("2", "DEBUG")
    case .info: paint("32", "INFO ")
    case .notice: paint("36", "NOTE ")
    case .warning: paint("33", "WARN ")
    case .error: paint("31", "ERROR")
    case .critical: paint("1;31", "FATAL")
    }
  }

  private func paint(_ code: String, _ text: String) -> String {
    coloured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
