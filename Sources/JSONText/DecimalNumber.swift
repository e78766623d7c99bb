/// A JSON number taken apart without rounding: `digits × 10^exponent`.
package struct DecimalNumber {
  private let negative: Bool
  /// Without zeros at either end; empty for zero.
  private let digits: [UInt8]
  private let exponent: Int

  /// - Parameter text: a number in JSON's grammar; nil for an exponent beyond all use.
  package init?(_ text: String) {
    var digits: [UInt8] = []
    var exponent = 0
    var fraction = false
    var rest = Substring(text)
    negative = rest.first == "-"
    if negative { rest.removeFirst() }
    if let mark = rest.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      let written = rest[rest.index(after: mark)...]
      guard let value = Int(written), abs(value) < 1_000_000 else { return nil }
      exponent = value
      rest = rest[..<mark]
    }
    for byte in rest.utf8 {
      if byte == UInt8(ascii: ".") {
        fraction = true
      } else {
        digits.append(byte - UInt8(ascii: "0"))
        if fraction { exponent -= 1 }
      }
    }
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    self.digits = Array(digits.drop { $0 == 0 })
    self.exponent = exponent
  }

  package enum Scaled: Equatable {
    case exact(Int64)
    /// Something is left behind the last place.
    case finer
    case outOfRange
  }

  /// The number times `10^places`, if that is whole.
  package func scaled(byPowerOfTen places: Int) -> Scaled {
    guard !digits.isEmpty else { return .exact(0) }
    let shift = exponent + places
    guard shift >= 0 else { return .finer }
    guard digits.count + shift <= 19 else { return .outOfRange }
    // Gathered below zero, because there is one more number on that side.
    var value: Int64 = 0
    for digit in digits + [UInt8](repeating: 0, count: shift) {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (difference, tooLow) = product.subtractingReportingOverflow(Int64(digit))
      guard !tooLarge, !tooLow else { return .outOfRange }
      value = difference
    }
    guard !negative else { return .exact(value) }
    return value == .min ? .outOfRange : .exact(-value)
  }
}
