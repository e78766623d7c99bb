/// A parameter of a prepared statement.
public enum Value: Sendable, Hashable {
  case null
  case integer(Int64)
  /// For BIGINT UNSIGNED beyond Int64's range.
  case unsigned(UInt64)
  case double(Double)
  case text(String)
  case bytes([UInt8])
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(nilLiteral: ()) { self = .null }

  /// The text, or NULL.
  public init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  /// The number, or NULL.
  public init(_ integer: Int64?) { self = integer.map { .integer($0) } ?? .null }
}
