import Files

/// What a program's output says of its failure, on one line for an error message.
enum LogExcerpt {
  /// Which lines are taken when none is marked as an error.
  enum Unmarked {
    /// A script says its reason first, then what can be done in general.
    case first
    /// A server that was killed says it last.
    case last
  }

  private static let length = 4
  private static let marks = ["[ERROR]", "ERROR:", "FATAL ERROR"]

  /// The first lines that are marked as errors, since the others follow from them.
  static func reason(in text: some StringProtocol, unmarked: Unmarked) -> String {
    let lines = text.split(separator: "\n").filter { line in line.contains { $0 != " " } }
    let errors = lines.filter { line in marks.contains { line.contains($0) } }
    let chosen =
      if !errors.isEmpty { errors.prefix(length) } else {
        unmarked == .first ? lines.prefix(length) : lines.suffix(length)
      }
    return chosen.isEmpty ? "nothing" : chosen.joined(separator: " / ")
  }
}
