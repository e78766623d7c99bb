import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct HistoryOnDatabaseTests {
  private func stamp(_ offset: Int64) -> DateTimeStamp {
    DateTimeStamp(millisecondsSinceEpoch: LedgerFixture.start + offset)
  }

  /// Sixty seconds of running, thirty of pause, an adjustment, and a hand edit.
  private func eventful() async throws -> LedgerFixture {
    let fixture = try await LedgerFixture.running(["Afif"])
    for second in stride(from: Int64(10), through: 150, by: 10) {
      try await fixture.setClock(LedgerFixture.start + second * 1000 + 1)
      try await fixture.tick()
      if second == 60 { try await fixture.apply(.pause, "Afif") }
      if second == 90 { try await fixture.apply(.resume, "Afif") }
      if second == 110 { try await fixture.apply(.adjust(delta: -5), "Afif") }
      if second == 130 { try await fixture.apply(.reset, "Afif") }
    }
    return fixture
  }

  @Test func updatesAreSlotsAndAdjustments() async throws {
    let fixture = try await eventful()
    let history = try await fixture.ledger.history(of: "Afif", range: .updates(8))
    let expected: [(Int64, Int64)] = [
      (100_000, 70), (110_000, 80), (110_000, 75), (120_000, 85), (130_000, 95), (130_000, 0),
      (140_000, 10), (150_000, 20),
    ]
    #expect(
      history == expected.map { HistoryPoint(stamp: stamp($0.0), points: $0.1) })
    #expect(try await fixture.ledger.history(of: "Afif", range: .updates(1000)).count == 14)
    #expect(try await fixture.ledger.history(of: "nobody", range: .updates(5)) == [])
  }

  @Test(arguments: [1000, 16, 6, 4, 2])
  func samplesAgreeWithTheUpdates(_ limit: Int) async throws {
    let fixture = try await eventful()
    let updates = try await fixture.ledger.history(of: "Afif", range: .updates(1000))
    let samples = try await fixture.ledger.history(
      of: "Afif", range: .span(from: stamp(-20_000), to: stamp(150_000), points: limit))
    #expect(samples.count <= limit && samples.count >= limit / 2 || samples.count == 171)
    #expect(samples.last == HistoryPoint(stamp: stamp(150_000), points: 20))
    for sample in samples {
      let offset = sample.stamp.secondsSinceEpoch - stamp(0).secondsSinceEpoch
      let isOpen = (0...60).contains(offset) || offset > 90
      // At the very second of a change either side will do.
      guard ![0, 60, 90, 110, 130].contains(offset) else { continue }
      let expected = updates.last { $0.stamp <= sample.stamp }?.points ?? 0
      #expect(sample.points == (offset < 0 ? nil : expected), "\(offset) s")
      #expect(sample.earning == isOpen, "\(offset) s")
    }
  }

  @Test func manyShortRunsAreSummedByTheDatabase() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    for second in stride(from: Int64(10), through: 600, by: 10) {
      try await fixture.setClock(LedgerFixture.start + second * 1000)
      try await fixture.apply(.pause, "Afif")
      try await fixture.apply(.resume, "Afif")
    }
    let samples = try await fixture.ledger.history(
      of: "Afif", range: .span(from: stamp(0), to: stamp(600_000), points: 4))
    #expect(samples.map(\.points) == [0, 200, 400, 600])
    let updates = try await fixture.ledger.history(of: "Afif", range: .updates(3))
    #expect(updates.map(\.points) == [580, 590, 600])
    try await fixture.expectClean(["Afif"])
  }
}
