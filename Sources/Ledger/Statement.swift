import MariaDB
import Points

/// Pieces that statements are made of.
enum Statement {
  /// The database's clock in whole milliseconds. NOW is the same everywhere in a statement.
  static let now = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"

  /// The name of a lock of the schema in use, as SQL: names of locks end at 64 characters, those of
  /// schemas too.
  static func lockName(_ purpose: String) -> String {
    "CONCAT('pointsd \(purpose) ', IF(CHAR_LENGTH(DATABASE()) <= 40, DATABASE(),"
      + " CONCAT(LEFT(DATABASE(), 23), ' ', LEFT(SHA1(DATABASE()), 16))))"
  }

  /// The name of the lock of an instance, as SQL.
  /// - Parameter digest: SQL for the 32 hexadecimal digits that stand for its name.
  static func instanceLockName(_ digest: String = instanceDigest) -> String {
    "CONCAT('pointsd ', LEFT(SHA1(DATABASE()), 16), ' ', \(digest))"
  }

  /// Stands for an instance, whose name is the parameter, in the names of its lock and its setting.
  static let instanceDigest = "LEFT(SHA1(?), 32)"

  /// What runs and adjustments add up to, by user, as a table of SQL.
  static let ledgerSums = """
    (SELECT user, SUM(amount) AS sum FROM (SELECT user, earned AS amount FROM runs \
    UNION ALL SELECT user, delta FROM adjustments) AS entries GROUP BY user)
    """

  /// `?, ?, ?`
  static func placeholders(_ count: Int) -> String {
    repeated("?", count, separator: ", ")
  }

  static func repeated(_ piece: String, _ count: Int, separator: String) -> String {
    Array(repeating: piece, count: count).joined(separator: separator)
  }

  /// A column of whole milliseconds made from a DATETIME of a session in UTC.
  static func milliseconds(_ column: String) -> String {
    "CAST(UNIX_TIMESTAMP(\(column)) * 1000 AS SIGNED)"
  }
}

/// Lists cut into pieces of a few sizes, so that a few prepared statements serve every length.
enum Batch {
  static let largest = 128
  /// Of reads of everybody, so that those of thousands of users stay few. From 1,000 on MariaDB makes
  /// a subquery of a list (`in_predicate_conversion_threshold`).
  static let largestRead = 512

  /// Pieces whose lengths are powers of two, for lists that must not repeat an element.
  static func exact<Element>(_ list: [Element]) -> [ArraySlice<Element>] {
    var rest = list[...]
    var pieces: [ArraySlice<Element>] = []
    while !rest.isEmpty {
      var size = largest
      while size > rest.count { size /= 2 }
      pieces.append(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    return pieces
  }

  /// Pieces filled up to a power of two by repeating the last element, for `IN (…)`.
  static func padded<Element>(_ list: [Element], largest: Int = largest) -> [[Element]] {
    stride(from: 0, to: list.count, by: largest).map { start in
      filledUp(Array(list[start..<min(start + largest, list.count)]))
    }
  }

  /// The list, its last element repeated up to a power of two.
  static func filledUp<Element>(_ list: [Element]) -> [Element] {
    guard let last = list.last else { return [] }
    return list + Array(repeating: last, count: size(for: list.count) - list.count)
  }

  private static func size(for count: Int) -> Int {
    var size = 1
    while size < count { size *= 2 }
    return size
  }
}

extension Value {
  static func texts(_ list: some Sequence<String>) -> [Value] { list.map { .text($0) } }
  static func integers(_ list: some Sequence<Int64>) -> [Value] { list.map { .integer($0) } }

  /// Text shortened to what a column holds, in characters as MariaDB counts them.
  static func text(_ text: String, atMost limit: Int) -> Value {
    guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return .text(text) }
    var short = String.UnicodeScalarView()
    short.append(contentsOf: text.unicodeScalars.prefix(limit))
    return .text(String(short))
  }

  /// Who asked, as the tables hold it.
  static func requester(_ name: String) -> Value { text(name, atMost: 255) }

  /// Why, as the tables hold it.
  static func reason(_ reason: String?) -> Value {
    reason.map { text($0, atMost: 1000) } ?? .null
  }
}

extension RowView {
  /// A column of `DATETIME` or `TIMESTAMP` in a session in UTC.
  func stamp(_ column: Int) throws -> DateTimeStamp? {
    try optionalDateTime(column).map {
      DateTimeStamp(
        year: $0.year, month: $0.month, day: $0.day, hour: $0.hour, minute: $0.minute,
        second: $0.second)
    }
  }

  /// A sum: MariaDB's sums of whole numbers are DECIMAL, which arrives as text.
  func sum(_ column: Int) throws -> Int128 {
    guard let text = try optionalText(column) else { return 0 }
    guard let sum = Int128(text) else {
      throw DatabaseError(code: 0, message: "\(text) is no whole number")
    }
    return sum
  }
}

extension Session {
  /// The database's clock in milliseconds since 1970-01-01 UTC.
  func nowMilliseconds() throws -> Int64 {
    var now: Int64?
    try query("SELECT \(Statement.now)", each: { now = try $0.integer(0) })
    guard let now else { throw DatabaseError(code: 0, message: "the database gave no time") }
    return now
  }
}
