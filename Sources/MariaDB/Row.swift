/// The names of a result's columns, shared by its rows.
final class ColumnNames: Sendable {
  let names: [String]

  init(_ names: [String]) {
    self.names = names
  }
}

/// One row of a result, kept.
public struct Row: Sendable {
  /// The values in the order of the columns.
  public let values: [Value]
  let columns: ColumnNames

  /// The names of the columns, in order.
  public var columnNames: [String] { columns.names }

  /// The value of a column by its place, from 0.
  public func value<T: ColumnDecodable>(_ index: Int, as type: T.Type = T.self) throws -> T {
    guard values.indices.contains(index) else {
      throw DatabaseError(
        kind: .never, message: "there is no column \(index): the result has \(values.count)")
    }
    guard let value = T.decode(values[index]) else {
      throw mismatch(columns.names[index], wanted: T.columnTypeName, found: values[index])
    }
    return value
  }

  /// The value of a column by its place, from 0; nil for NULL.
  public func optional<T: ColumnDecodable>(_ index: Int, as type: T.Type = T.self) throws -> T? {
    if values.indices.contains(index), values[index] == .null { return nil }
    return try value(index, as: type)
  }

  /// The value of a column by its name.
  public func value<T: ColumnDecodable>(_ name: String, as type: T.Type = T.self) throws -> T {
    try value(index(of: name), as: type)
  }

  /// The value of a column by its name; nil for NULL.
  public func optional<T: ColumnDecodable>(_ name: String, as type: T.Type = T.self) throws -> T? {
    try optional(index(of: name), as: type)
  }

  private func index(of name: String) throws -> Int {
    guard let index = columns.names.firstIndex(of: name) else {
      throw DatabaseError(
        kind: .never,
        message:
          "there is no column \(name): the result has \(columns.names.joined(separator: ", "))"
      )
    }
    return index
  }
}

/// The error for a value that is not of the type asked for.
func mismatch(_ column: String, wanted: String, found: Value) -> DatabaseError {
  let hint: String
  switch found {
  case .text(let text): hint = " (\(text.prefix(20)); DECIMAL is given as text, CAST it)"
  case .integer(let number): hint = " (\(number))"
  case .unsigned(let number): hint = " (\(number))"
  default: hint = ""
  }
  return DatabaseError(
    kind: .never, message: "column \(column) is \(found.typeName)\(hint), not \(wanted)")
}
