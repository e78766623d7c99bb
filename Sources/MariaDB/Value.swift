/// One value, as it goes to the database or comes from it.
public enum Value: Sendable, Hashable {
  case null
  /// Any signed integer type.
  case integer(Int64)
  /// Any unsigned integer type.
  case unsigned(UInt64)
  /// FLOAT and DOUBLE.
  case double(Double)
  /// Character types; DECIMAL too, whose digits no other type holds.
  case text(String)
  /// Binary types and BIT.
  case bytes([UInt8])
  /// DATETIME, TIMESTAMP and DATE.
  case dateTime(DateTime)
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
  ExpressibleByNilLiteral
{
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(nilLiteral: ()) { self = .null }
}

extension Value {
  /// What the value is, for errors.
  var typeName: String {
    switch self {
    case .null: "NULL"
    case .integer: "an integer"
    case .unsigned: "an unsigned integer"
    case .double: "a floating-point number"
    case .text: "text"
    case .bytes: "bytes"
    case .dateTime: "a date and time"
    }
  }
}
