/// A name as it is compared: users, servers, groups and `all` are the same in any case, and with or
/// without blanks at the end.
///
/// Mapping to upper case and back to lower case is Unicode's full case folding for all but a
/// handful of historic letters: ß equals SS, final sigma equals sigma. Strings that are
/// canonically equivalent compare equal.
public struct FoldedName: Sendable, Hashable {
  private let folded: String

  public init(_ name: String) {
    let end = name.unicodeScalars.lastIndex { !$0.properties.isWhitespace }
    let trimmed = end.map { name.unicodeScalars[...$0] } ?? name.unicodeScalars[...]
    self.folded = String(trimmed).uppercased().lowercased()
  }
}
