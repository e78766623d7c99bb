import MariaDB
import Points
import Testing

@testable import Ledger

/// Who changed what, when and why.
struct AuditTests {
  private func page(
    _ fixture: LedgerFixture, _ selection: AuditSelection
  ) async throws -> [AuditEntry] {
    try await fixture.ledger.audit(selection)
  }

  @Test func everyChangeIsThereWithItsPoints() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.apply(.adjust(delta: 7), "Afif", reason: "exam")
    try await fixture.byHand("UPDATE user_tracking SET points = 9 WHERE user = 'Afif'")
    _ = try await fixture.apply(.pause, toAll: ["Afif", "Faiz"])
    let all = try await page(fixture, AuditSelection(limit: 50))
    #expect(Set(all.map(\.kind)) == ["adjust", "hand", "pause"])
    let adjusted = try #require(all.first { $0.kind == "adjust" })
    #expect(adjusted.requestedBy == "tester" && adjusted.reason == "exam")
    #expect(adjusted.users == [.init(user: "Afif", outcome: .done, points: 7)])
    let hand = try #require(all.first { $0.kind == "hand" })
    #expect(hand.users == [.init(user: "Afif", outcome: .done, points: 2)])
    #expect(hand.requestedBy.contains("@"))
    #expect(all.first { $0.kind == "pause" }?.users.map(\.user) == ["Afif", "Faiz"])
    let faiz = try await page(fixture, AuditSelection(limit: 50, users: ["Faiz"]))
    #expect(faiz.map(\.kind) == ["pause"])
    #expect(try await page(fixture, AuditSelection(limit: 50, users: ["Fai"])) == [])
  }

  /// Entries of one moment included: each stands on one page.
  @Test func pagesLeaveNothingOutAndRepeatNothing() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    for number in 0..<7 {
      try await fixture.setClock(LedgerFixture.start + Int64(number / 3) * 1000)
      try await fixture.apply(number.isMultiple(of: 2) ? .pause : .resume, "Afif")
    }
    for _ in 0..<4 {
      try await fixture.byHand("UPDATE user_tracking SET points = points + 1 WHERE user = 'Faiz'")
    }
    let all = try await page(fixture, AuditSelection(limit: 1000))
    #expect(all.count == 11)
    #expect(all.map(\.position) == all.map(\.position).sorted(by: >))
    var read: [AuditEntry] = []
    // Six pages, and one that is empty.
    for _ in 0..<7 {
      read += try await page(fixture, AuditSelection(limit: 2, before: read.last?.position))
    }
    #expect(read == all)
  }
}
