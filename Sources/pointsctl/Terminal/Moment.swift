import Glibc
import Points

/// Moments as they are shown: in the time of this machine on a terminal, in UTC in a pipe, where a
/// program reads them.
struct Moment {
  /// Whether the time of this machine is shown.
  let isLocal: Bool

  static var ofOutput: Moment { Moment(isLocal: Screen.isTerminal) }

  /// The zone, to stand beside moments: `UTC`, `CET`, `+08`.
  var zone: String {
    guard isLocal else { return "UTC" }
    var now = time(nil)
    var local = tm()
    localtime_r(&now, &local)
    return local.tm_zone.map { String(cString: $0) } ?? "UTC"
  }

  /// A heading of moments; one in UTC is as it always was.
  func heading(_ title: String) -> String { isLocal ? "\(title) (\(zone))" : title }

  /// A moment that stands alone, with its zone; one in UTC is as it always was.
  func stamp(_ utc: String) -> String { isLocal ? "\(text(utc)) \(zone)" : utc }

  /// - Parameter utc: `2026-01-12 14:30:00`; what is no moment is shown as it is.
  func text(_ utc: String) -> String {
    guard isLocal else { return utc }
    guard let moment = DateTimeStamp(parsing: utc) else { return utc }
    var seconds = time_t(moment.secondsSinceEpoch)
    var local = tm()
    localtime_r(&seconds, &local)
    var buffer = [CChar](repeating: 0, count: 64)
    strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &local)
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
