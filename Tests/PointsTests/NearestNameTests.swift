import Testing

@testable import Points

@Suite struct NearestNameTests {
  @Test func nearestNamesKnowExchangedLetters() {
    #expect(nearestNames(to: "prot", among: ["port", "name"]) == ["port"])
    #expect(nearestNames(to: "POINT", among: ["points", "port", "paint"]) == ["paint", "points"])
    #expect(nearestNames(to: String(repeating: "x", count: 5000), among: ["port"]).isEmpty)
  }

  /// Giving up early changes no distance that is within the limit.
  @Test func theLimitOnlyHidesLargerDistances() {
    let words = [
      "", "a", "port", "prot", "points", "pionts", "interval", "intervalSeconds", "abab",
    ]
    .map { Array($0) }
    for left in words {
      for right in words {
        let distance = editDistance(left, right, limit: 100)
        for limit in 0...16 {
          let expected = distance.flatMap { $0 <= limit ? $0 : nil }
          #expect(editDistance(left, right, limit: limit) == expected, "\(left) \(right) \(limit)")
        }
      }
    }
    #expect(editDistance(Array("port"), Array("prot"), limit: 3) == 1)
    #expect(editDistance(Array("kitten"), Array("sitting"), limit: 3) == 3)
  }
}
