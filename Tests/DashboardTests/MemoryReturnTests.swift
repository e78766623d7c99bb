import Testing

@testable import Dashboard

@Suite struct MemoryReturnTests {
  @Test func onceWhenACrowdHasLeft() {
    var memory = MemoryReturn()
    let counts = Array(1...1000) + Array((0...999).reversed())
    #expect(counts.filter { memory.isDue($0) } == [125])
  }

  @Test func notForAFew() {
    var memory = MemoryReturn()
    let counts = Array(1...199) + Array((0...198).reversed())
    #expect(counts.filter { memory.isDue($0) }.isEmpty)
  }
}
