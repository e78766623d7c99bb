/// How long to wait between attempts to connect: twice as long after each that failed, up to a
/// limit, and each time a random part less, so that many clients do not come back at once.
struct BackOff {
  static let shortest = Duration.milliseconds(500)
  static let longest = Duration.seconds(30)

  private var ceiling = BackOff.shortest

  /// Between half the present limit and all of it.
  mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let milliseconds = ceiling / .milliseconds(1)
    ceiling = min(ceiling * 2, Self.longest)
    return .milliseconds(
      Int64(Double.random(in: milliseconds / 2...milliseconds, using: &generator)))
  }

  /// Begins again, after a connection that worked.
  mutating func reset() {
    ceiling = Self.shortest
  }
}

extension Duration {
  /// In seconds with one decimal place.
  var inSeconds: String {
    let tenths = Int64((self / .milliseconds(100)).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
