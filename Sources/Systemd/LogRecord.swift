import CSystemd
import Glibc

/// A log entry on its way to where it belongs.
enum LogRecord: Sendable {
  /// A line for standard error, with its end.
  case line(String)
  /// The fields of an entry of the journal.
  case journal([JournalLogHandler.Field])

  /// In bytes, about.
  var size: Int {
    switch self {
    case .line(let text): text.utf8.count
    case .journal(let fields):
      fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 }
    }
  }

  /// Says that so many records are missing here.
  static func note(_ count: Int, _ pattern: LogRecord) -> LogRecord {
    let text =
      "\(count) \(count == 1 ? "line was" : "lines were") dropped: the reader of the log stood still, "
      + "or its disk is full"
    switch pattern {
    case .line: return .line("\(LogText.timestamp(time(nil)))Z WARN  \(text) (event=log)\n")
    case .journal:
      return .journal([
        .init(name: "MESSAGE", value: text), .init(name: "PRIORITY", value: "4"),
        .init(name: "SYSLOG_IDENTIFIER", value: "pointsd"),
        .init(name: "POINTSD_EVENT", value: "log"),
      ])
    }
  }

  /// Hands the record to its reader and waits for it as long as it takes.
  /// - Returns: false when it could not be written.
  func deliver() -> Bool {
    switch self {
    case .line(let text): return StandardStream.error.write(text, timeout: nil)
    case .journal(let fields):
      guard Self.send(fields) < 0 else { return true }
      let text = fields.first { $0.name == "MESSAGE" }?.value ?? ""
      let priority = fields.first { $0.name == "PRIORITY" }?.value ?? "6"
      // Standard error leads to the journal too, by another way.
      return StandardStream.error.write("<\(priority)>\(text)\n", timeout: nil)
    }
  }

  /// Hands the entry to the journal. Returns 0 or a negative error number.
  private static func send(_ fields: [JournalLogHandler.Field]) -> Int32 {
    var bytes: [UInt8] = []
    var lengths: [Int] = []
    for field in fields {
      let before = bytes.count
      bytes += "\(field.name)=\(field.value)".utf8
      lengths.append(bytes.count - before)
    }
    return bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return -EINVAL }
      var vectors: [iovec] = []
      var offset = 0
      for length in lengths {
        vectors.append(iovec(iov_base: base + offset, iov_len: length))
        offset += length
      }
      return sd_journal_sendv(&vectors, Int32(vectors.count))
    }
  }
}
