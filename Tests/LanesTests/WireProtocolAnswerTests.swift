import Points
import Testing

@testable import Lanes

@Suite struct WireProtocolAnswerTests {
  private let row = PointsRow(
    user: "Afif", points: 120,
    stamp: DateTimeStamp(year: 2026, month: 1, day: 12, hour: 14, minute: 30))

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func theLine() {
    #expect(
      text(WireProtocol.line(of: row))
        == "User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00")
    #expect(
      text(WireProtocol.line(of: row, staleSeconds: 12))
        == "User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00 | Stale: 12s")
  }

  @Test func theObject() {
    #expect(
      text(WireProtocol.json(of: row))
        == #"{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"}"#)
    let stale =
      #"{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00","stale_seconds":12}"#
    #expect(text(WireProtocol.json(of: row, staleSeconds: 12)) == stale)
  }

  @Test func anAdoptedRowWithoutAStamp() {
    let row = PointsRow(user: "Afif", points: 0, stamp: nil)
    #expect(text(WireProtocol.line(of: row)) == "User: Afif | Points: 0 | Last Update: never")
    #expect(
      text(WireProtocol.json(of: row)) == #"{"user":"Afif","points":0,"datetime_stamp":null}"#)
  }

  @Test func namesAreEscaped() {
    let row = PointsRow(user: "a\"b\\c\u{1}d\u{1F}é<script>", points: 1, stamp: nil)
    let expected =
      #"{"user":"a\"b\\c\u0001d\u001fé<script>","points":1,"datetime_stamp":null}"#
    #expect(text(WireProtocol.json(of: row)) == expected)
  }

  @Test func everyAnswerIsBelow256Bytes() {
    let longest = PointsRow(
      user: String(repeating: "x", count: 100), points: .max,
      stamp: DateTimeStamp(year: 9999, month: 12, day: 31))
    for answer in [
      WireProtocol.line(of: longest, staleSeconds: .max),
      WireProtocol.json(of: longest, staleSeconds: .max), WireProtocol.help,
      WireProtocol.invalidCommand, WireProtocol.requestTooLong, WireProtocol.tooManyConnections,
      WireProtocol.databaseUnavailable, WireProtocol.userNotFound,
    ] {
      #expect(answer.count + 1 < WireProtocol.answerLimit)
    }
  }

  @Test func helpNamesEveryRequest() {
    for (name, _) in WireProtocol.names {
      #expect(text(WireProtocol.help).contains("\(name)"))
    }
    #expect(!text(WireProtocol.help).contains("\n"))
  }
}
