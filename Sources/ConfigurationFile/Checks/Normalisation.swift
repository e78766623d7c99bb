// The standard library has normalisation form C but only for those who ask for it by this name,
// and FoundationEssentials has none. Kept to this one place, and held by a test of the bytes.
@_spi(_Unicode) import Swift

extension String {
  /// In Unicode's normalisation form C: equal names are equal bytes.
  var normalised: String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: _nfc)
    return String(scalars)
  }
}
