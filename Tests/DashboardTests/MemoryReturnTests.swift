import Testing

@testable import Dashboard

@Suite struct MemoryReturnTests {
  @Test func onceWhenACrowdHasLeft() {
    var memory = MemoryReturn()
    for count in 1...1000 { #expect(!memory.isDue(count)) }
    var times: [Int] = []
    for count in (0...999).reversed() where memory.isDue(count) { times.append(count) }
    #expect(times == [125])
  }

  @Test func notForAFew() {
    var memory = MemoryReturn()
    for count in Array(1...199) + Array((0...198).reversed()) { #expect(!memory.isDue(count)) }
  }
}
