import Logging

/// Log entries with native journal fields, so that
/// `journalctl -u pointsd POINTSD_USER=Afif` works.
///
/// Beside the well-known fields of systemd.journal-fields(7) each metadata key becomes
/// `POINTSD_` and the key in capitals: `user` → `POINTSD_USER`, `server` → `POINTSD_SERVER`,
/// `event` → `POINTSD_EVENT`.
public struct JournalLogHandler: LogHandler {
  /// One field of a journal entry.
  struct Field: Equatable, Sendable {
    let name: String
    let value: String
  }

  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level

  private let label: String

  /// - Parameters:
  ///   - label: the logger's name, kept as `POINTSD_LOGGER`.
  ///   - level: the least severe level that is written.
  public init(label: String, level: Logger.Level) {
    self.label = label
    self.logLevel = level
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    LogOutput.writer.write(.journal(fields(event)))
  }

  /// The fields of an entry.
  func fields(_ event: LogEvent) -> [Field] {
    var fields = [
      Field(name: "MESSAGE", value: LogText.escaped("\(event.message)")),
      Field(name: "PRIORITY", value: "\(Self.priority(event.level))"),
      Field(name: "SYSLOG_IDENTIFIER", value: "pointsd"),
      Field(name: "CODE_FILE", value: event.file),
      Field(name: "CODE_LINE", value: "\(event.line)"),
      Field(name: "CODE_FUNC", value: event.function),
      Field(name: "POINTSD_LOGGER", value: label),
    ]
    let details = LogText.merged(metadata, metadataProvider, event)
    for (key, value) in details.sorted(by: { $0.key < $1.key }) {
      fields.append(Field(name: Self.fieldName(key), value: LogText.escaped("\(value)")))
    }
    return fields
  }

  /// Field names are capitals, digits and underscores, at most 64 bytes.
  static func fieldName(_ key: String) -> String {
    let allowed = key.uppercased().utf8.map { byte -> Character in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        Character(Unicode.Scalar(byte))
      default: "_"
      }
    }
    return String(("POINTSD_" + String(allowed)).prefix(64))
  }

  /// The syslog priority of a level: RFC 5424, section 6.2.1.
  static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
