import Testing

@testable import pointsctl

@Suite struct BackOffTests {
  @Test func waitsDoubleUpToTheLimitWithARandomPartLess() {
    var generator = SystemRandomNumberGenerator()
    let ceilings: [Int64] = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    var seen: Set<Duration> = []
    for _ in 0..<100 {
      var backOff = BackOff()
      for ceiling in ceilings {
        let wait = backOff.next(using: &generator)
        #expect(wait >= .milliseconds(ceiling / 2) && wait <= .milliseconds(ceiling))
        seen.insert(wait)
      }
      backOff.reset()
      #expect(backOff.next(using: &generator) <= .milliseconds(500))
    }
    #expect(seen.count > 100)
  }

  @Test func durationsInWords() {
    #expect(Duration.milliseconds(1449).inSeconds == "1.4")
    #expect(Duration.milliseconds(50).inSeconds == "0.1")
    #expect(Duration.seconds(30).inSeconds == "30.0")
  }
}

@Suite struct LineSplitterTests {
  @Test func linesHoweverTheyArrive() throws {
    let text = "User: Zoë | Points: 1\r\nnext\n\nlast"
    var whole = LineSplitter()
    #expect(try whole.append(text.utf8) == ["User: Zoë | Points: 1", "next", ""])
    #expect(try whole.append([10]) == ["last"])
    var bytewise = LineSplitter()
    var lines: [String] = []
    for byte in text.utf8 { lines += try bytewise.append([byte]) }
    #expect(lines == ["User: Zoë | Points: 1", "next", ""])
  }

  @Test func endlessLineIsRefused() throws {
    var splitter = LineSplitter()
    _ = try splitter.append([UInt8](repeating: 0x41, count: LineSplitter.limit))
    #expect(throws: LineSplitter.TooLong.self) { try splitter.append([0x41]) }
  }
}
