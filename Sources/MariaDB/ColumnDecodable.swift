/// A type that a column's value can be read as.
public protocol ColumnDecodable: Sendable {
  /// What the type is called in an error.
  static var columnTypeName: String { get }
  /// nil when the value does not fit.
  static func decode(_ value: Value) -> Self?
}

extension Int64: ColumnDecodable {
  public static var columnTypeName: String { "a 64-bit integer" }
  public static func decode(_ value: Value) -> Int64? {
    switch value {
    case .integer(let number): number
    case .unsigned(let number): Int64(exactly: number)
    default: nil
    }
  }
}

extension Int: ColumnDecodable {
  public static var columnTypeName: String { Int64.columnTypeName }
  public static func decode(_ value: Value) -> Int? {
    Int64.decode(value).flatMap(Int.init(exactly:))
  }
}

extension UInt64: ColumnDecodable {
  public static var columnTypeName: String { "an unsigned 64-bit integer" }
  public static func decode(_ value: Value) -> UInt64? {
    switch value {
    case .integer(let number): UInt64(exactly: number)
    case .unsigned(let number): number
    default: nil
    }
  }
}

extension Bool: ColumnDecodable {
  public static var columnTypeName: String { "a truth value" }
  /// 0 is false and 1 is true, as MariaDB's BOOLEAN has it; nothing else fits.
  public static func decode(_ value: Value) -> Bool? {
    switch Int64.decode(value) {
    case 0: false
    case 1: true
    default: nil
    }
  }
}

extension Double: ColumnDecodable {
  public static var columnTypeName: String { "a floating-point number" }
  public static func decode(_ value: Value) -> Double? {
    switch value {
    case .double(let number): number
    case .integer(let number): Double(exactly: number)
    case .unsigned(let number): Double(exactly: number)
    default: nil
    }
  }
}

extension String: ColumnDecodable {
  public static var columnTypeName: String { "text" }
  public static func decode(_ value: Value) -> String? {
    guard case .text(let text) = value else { return nil }
    return text
  }
}

extension [UInt8]: ColumnDecodable {
  public static var columnTypeName: String { "bytes" }
  public static func decode(_ value: Value) -> [UInt8]? {
    switch value {
    case .bytes(let bytes): bytes
    case .text(let text): Array(text.utf8)
    default: nil
    }
  }
}

extension DateTime: ColumnDecodable {
  public static var columnTypeName: String { "a date and time" }
  public static func decode(_ value: Value) -> DateTime? {
    guard case .dateTime(let dateTime) = value else { return nil }
    return dateTime
  }
}
