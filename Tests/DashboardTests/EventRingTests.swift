import NIOCore
import Testing

@testable import Dashboard

@Suite struct EventRingTests {
  private func event(_ number: Int) -> EventEncoder.Event {
    EventEncoder.Event(ByteBuffer(string: "event \(number)"))
  }

  @Test func eventsComeBackInOrder() {
    var ring = EventRing(capacity: 10, byteCapacity: 1000)
    for number in 1...5 { ring.append(event(number)) }
    #expect(ring.last == 5)
    #expect(Array(ring.events(after: 2, limit: 10)) == [3, 4, 5].map(event))
    #expect(Array(ring.events(after: 2, limit: 2)) == [3, 4].map(event))
    #expect(ring.events(after: 5, limit: 10).isEmpty)
  }

  @Test func itReachesBackAsFarAsItHoldsAndNoFurther() {
    var ring = EventRing(capacity: 3, byteCapacity: 1000)
    #expect(ring.reaches(0))
    #expect(!ring.reaches(1))
    for number in 1...5 { ring.append(event(number)) }
    #expect(!ring.reaches(1))
    #expect(ring.reaches(2))
    #expect(ring.reaches(5))
    #expect(!ring.reaches(6))
    #expect(!ring.reaches(-1))
    #expect(!ring.reaches(.min))
    #expect(!ring.reaches(.max))
  }

  @Test func itStaysWithinItsNumberForEver() {
    var ring = EventRing(capacity: 8, byteCapacity: 1 << 20)
    for number in 1...1000 {
      ring.append(event(number))
      #expect(ring.count <= 8)
      #expect(ring.events(after: ring.last - 1, limit: 9).first == event(number))
    }
    #expect(Array(ring.events(after: 992, limit: 99)) == (993...1000).map(event))
  }

  @Test func itStaysWithinItsBytes() {
    var ring = EventRing(capacity: 100, byteCapacity: 100)
    for _ in 1...50 { ring.append(.init(ByteBuffer(repeating: 0, count: 30))) }
    #expect(ring.count == 3)
    // One that is larger than all is kept alone.
    ring.append(.init(ByteBuffer(repeating: 0, count: 500)))
    #expect(ring.count == 1)
  }

  @Test func forgettingKeepsTheNumbers() {
    var ring = EventRing(capacity: 10, byteCapacity: 1000)
    for number in 1...5 { ring.append(event(number)) }
    ring.removeAll()
    #expect(!ring.reaches(4))
    #expect(ring.reaches(5))
    ring.append(event(6))
    #expect(Array(ring.events(after: 5, limit: 9)) == [event(6)])
  }
}
