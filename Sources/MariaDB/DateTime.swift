/// A calendar date and time of day, as DATETIME, TIMESTAMP and DATE columns hold it.
public struct DateTime: Sendable, Hashable {
  /// 0 to 9999; MariaDB knows a date of zeros.
  public var year: Int
  public var month: Int
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int
  /// 0 to 999,999.
  public var microsecond: Int

  public init(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
    microsecond: Int = 0
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.microsecond = microsecond
  }
}

extension DateTime: CustomStringConvertible {
  /// As MariaDB writes it: `2026-01-12 14:30:00`, with six decimals where there are microseconds.
  public var description: String {
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let time = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
    return microsecond == 0 ? "\(date) \(time)" : "\(date) \(time).\(padded(microsecond, 6))"
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
