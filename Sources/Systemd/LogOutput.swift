import Dispatch
import Glibc
import Logging

/// Where log lines go.
public enum LogOutput: Sendable, Equatable {
  /// The journal, with native fields.
  case journal
  /// Lines on standard error.
  case terminal(coloured: Bool)

  /// The journal when standard error is connected to it, else lines on standard error.
  public static func detect() -> LogOutput {
    detect(
      journalStream: environment("JOURNAL_STREAM"), noColour: environment("NO_COLOR"),
      terminal: environment("TERM"), standardError: STDERR_FILENO)
  }

  /// Decides by what the environment says and what the descriptor is.
  /// - Parameters:
  ///   - journalStream: device and inode of the journal's stream, `JOURNAL_STREAM`
  ///     (systemd.exec(5)); another program's value is inherited where standard error was
  ///     redirected, so that it counts only when it is this descriptor's.
  ///   - noColour: `NO_COLOR` (no-color.org): not empty means no colour.
  ///   - terminal: `TERM`.
  static func detect(
    journalStream: String?, noColour: String?, terminal: String?, standardError: Int32
  ) -> LogOutput {
    var information = stat()
    if let journalStream, fstat(standardError, &information) == 0,
      journalStream == "\(information.st_dev):\(information.st_ino)"
    {
      return .journal
    }
    let wanted = (noColour ?? "").isEmpty && terminal != "dumb"
    return .terminal(coloured: wanted && isatty(standardError) == 1)
  }

  /// A handler for this output.
  public func makeHandler(label: String, level: Logger.Level) -> any LogHandler {
    switch self {
    case .journal: JournalLogHandler(label: label, level: level)
    case .terminal(let coloured): TerminalLogHandler(coloured: coloured, level: level)
    }
  }

  /// Sends every logger of this process to where it belongs. To be called once, at start.
  public static func bootstrap(level: Logger.Level) {
    let output = detect()
    common.value = level
    LoggingSystem.bootstrap {
      ProcessLogHandler(
        output.makeHandler(label: $0, level: level), common: common, recent: recent)
    }
  }

  /// Changes the level of every logger that was given none of its own.
  public static func setLevel(_ level: Logger.Level) { common.value = level }

  private static let common = AdjustableLevel(.info)

  /// What was logged last.
  public static let recent = RecentLog()

  /// Where every line of this process's log waits for its reader.
  static let writer = LogWriter<LogRecord>(
    size: \.size, note: LogRecord.note, sink: { $0.deliver() })

  /// Gives the last lines to their reader, before the process ends.
  /// - Parameter milliseconds: how long that may take.
  /// - Returns: false when the reader stood still for so long.
  @discardableResult
  public static func flush(milliseconds: Int) -> Bool {
    writer.flush(within: .milliseconds(milliseconds))
  }

  /// Calls `report` with the number of lines whenever some were dropped because their reader stood
  /// still; on any thread.
  public static func reportDropped(to report: @escaping @Sendable (Int) -> Void) {
    writer.reportDropped(to: report)
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
