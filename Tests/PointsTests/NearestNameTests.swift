import Points
import Testing

@Suite struct NearestNameTests {
  @Test func nearestNamesKnowExchangedLetters() {
    #expect(nearestNames(to: "prot", among: ["port", "name"]) == ["port"])
    #expect(nearestNames(to: "POINT", among: ["points", "port", "paint"]) == ["paint", "points"])
    #expect(nearestNames(to: String(repeating: "x", count: 5000), among: ["port"]).isEmpty)
  }
}
