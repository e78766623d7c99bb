import MariaDB
import Points

/// A numbered file of `sql/`, carried in the binary.
struct Migration {
  let version: Int
  let statements: [String]

  /// All of them, in their order. Each statement may be run again.
  static let all = [
    Migration(version: 1, file: PackageResources._01_ledger_sql),
    Migration(version: 2, file: PackageResources._02_edits_by_hand_sql),
    Migration(version: 3, file: PackageResources._03_outcomes_and_instances_sql),
    Migration(version: 4, file: PackageResources._04_possible_values_sql),
  ]

  /// The newest schema this program knows.
  static let newest = all.map(\.version).max() ?? 0

  private init(version: Int, file: [UInt8]) {
    self.version = version
    self.statements = Self.split(String(decoding: file, as: UTF8.self))
  }

  /// The statements of a file: each ends with a semicolon at the end of a line that is followed by
  /// an empty line or the end of the file, so that a trigger's body may hold semicolons.
  static func split(_ text: String) -> [String] {
    var statements: [String] = []
    var lines: [Substring] = []
    let all = text.split(separator: "\n", omittingEmptySubsequences: false)
    for line in all + [Substring()] {
      if line.allSatisfy(\.isWhitespace), lines.last?.hasSuffix(";") == true {
        statements.append(String(lines.joined(separator: "\n").dropLast()))
        lines = []
      } else if !(lines.isEmpty && isBlankOrComment(line)) {
        lines.append(line)
      }
    }
    if !lines.isEmpty { statements.append(lines.joined(separator: "\n")) }
    return statements
  }

  private static func isBlankOrComment(_ line: Substring) -> Bool {
    line.hasPrefix("--") || line.allSatisfy(\.isWhitespace)
  }
}
