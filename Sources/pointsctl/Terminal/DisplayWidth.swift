/// How many columns of a terminal `text` takes.
///
/// Characters of East Asian width and emoji take two, combining ones none: a good guess, as
/// terminals themselves differ.
func displayWidth(_ text: String) -> Int {
  text.reduce(0) { width, character in width + columns(character) }
}

/// As much of `text` as so many columns have room for; what was cut off is said by `…`.
func clipped(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  var (clipped, taken) = ("", 0)
  for character in text {
    let columns = columns(character)
    guard taken + columns < width else { break }
    clipped.append(character)
    taken += columns
  }
  return clipped + "…"
}

private func columns(_ character: Character) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  switch first.properties.generalCategory {
  case .control, .format, .nonspacingMark, .enclosingMark: return 0
  default: break
  }
  let asksForEmoji = character.unicodeScalars.contains { $0.value == 0xFE0F }
  return first.properties.isEmojiPresentation || asksForEmoji || isWide(first.value) ? 2 : 1
}

/// The blocks of wide and fullwidth characters.
///
/// Source: Unicode Standard Annex 11, *East Asian Width*.
private func isWide(_ value: UInt32) -> Bool {
  switch value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F200...0x1F2FF,
    0x20000...0x3FFFD:
    true
  default: false
  }
}
