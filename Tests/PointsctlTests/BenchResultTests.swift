import Testing

@testable import pointsctl

@Suite struct BenchResultTests {
  @Test func percentilesAreWithinThreeDigits() {
    var result = BenchResult()
    for microseconds in 1...2000 { result.add("User: Afif", microseconds: microseconds) }
    for (part, exact) in [(0.5, 1000), (0.95, 1900), (0.99, 1980)] {
      #expect(abs(result.percentile(part) - exact) <= exact / 1000, "\(part)")
    }
    #expect(result.longest == 2000)
    #expect(result.answers == 2000)
  }

  @Test func anAnswerThatTookAMinuteIsCounted() {
    var result = BenchResult()
    result.add("User: Afif | Stale: 60s", microseconds: 60_000_000)
    #expect(abs(result.longest - 60_000_000) <= 60_000)
    #expect(result.percentile(0.5) <= result.longest)
    #expect(result.stale == 1)
  }

  @Test func withoutAnAnswerThereIsNoLatency() {
    var result = BenchResult()
    result.add("nonsense", microseconds: 5)
    #expect(result.percentile(0.99) == 0)
    #expect(result.longest == 0)
    #expect(result.errors == 1)
    #expect(result.firstError?.contains("nonsense") == true)
  }
}
