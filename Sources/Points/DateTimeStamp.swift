/// A moment in UTC with a resolution of one second, printed as MariaDB and the original
/// project print it: `YYYY-MM-DD HH:MM:SS`.
///
/// Valid from 0001-01-01 to 9999-12-31, the range of MariaDB's DATETIME.
public struct DateTimeStamp: Sendable, Hashable, Comparable {
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public let secondsSinceEpoch: Int64

  /// - Parameter secondsSinceEpoch: seconds since 1970-01-01 00:00:00 UTC.
  public init(secondsSinceEpoch: Int64) {
    self.secondsSinceEpoch = secondsSinceEpoch
  }

  /// - Parameter millisecondsSinceEpoch: rounded down to a whole second.
  public init(millisecondsSinceEpoch: Int64) {
    self.secondsSinceEpoch = millisecondsSinceEpoch.flooringDivide(by: 1000)
  }

  /// Builds a stamp from a date of the proleptic Gregorian calendar and a time of day.
  ///
  /// Source: "days_from_civil", Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*.
  public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = Int64(shiftedYear).flooringDivide(by: 400)
    let yearOfEra = Int64(shiftedYear) - era * 400
    let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    self.secondsSinceEpoch = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  public static func < (left: DateTimeStamp, right: DateTimeStamp) -> Bool {
    left.secondsSinceEpoch < right.secondsSinceEpoch
  }
}

extension DateTimeStamp: CustomStringConvertible {
  /// The date and time of day.
  ///
  /// Source: "civil_from_days", Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*.
  var components: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    let dayNumber = secondsSinceEpoch.flooringDivide(by: 86_400)
    let secondOfDay = Int(secondsSinceEpoch - dayNumber * 86_400)
    let shifted = dayNumber + 719_468
    let era = shifted.flooringDivide(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
    let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    return (
      year, month, Int(dayOfYear - (153 * monthIndex + 2) / 5 + 1),
      secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60
    )
  }

  public var description: String {
    let part = components
    return "\(part.year.padded(4))-\(part.month.padded(2))-\(part.day.padded(2))"
      + " \(part.hour.padded(2)):\(part.minute.padded(2)):\(part.second.padded(2))"
  }
}

extension Int {
  /// The number with zeros before it up to `width` digits.
  fileprivate func padded(_ width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
  }
}

extension Int64 {
  /// Division that rounds towards minus infinity, as MariaDB's slots need it for times before 1970.
  func flooringDivide(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
