/// A name as the ledger's tables compare it, byte by byte. Swift's strings are equal when they are
/// canonically equivalent, so that two rows of the tables could be taken for one.
struct ExactName: Hashable, Comparable, CustomStringConvertible {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  static func == (left: ExactName, right: ExactName) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  static func < (left: ExactName, right: ExactName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// For messages: in quotes, so that a blank at the end can be seen, with its bytes where letters
  /// may be written in two ways.
  var description: String {
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return "'\(text)'" }
    let bytes = text.utf8.map { String($0, radix: 16) }.joined(separator: " ")
    return "'\(text)' (\(bytes))"
  }
}
