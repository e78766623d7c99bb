import ConfigurationFile
import TestSupport
import Testing

/// Whatever bytes a file holds, the answer is a configuration or faults that have a place in it.
@Suite struct MutationTests {
  private let good = Array(Sample.good.utf8)

  private func check(_ bytes: [UInt8]) -> Bool {
    do {
      _ = try Configuration.parse(bytes, path: "/c.json", credentialsDirectory: nil)
      return true
    } catch {
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      return !error.faults.isEmpty
        && error.faults.allSatisfy { fault in
          guard let line = fault.line, let column = fault.column else { return false }
          return 1...max(1, lines.count) ~= line && column >= 1
            && column <= lines[line - 1].count + 1
        }
    }
  }

  @Test func everyByteReplaced() {
    let replacements: [UInt8] = [0x00, 0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x2C, 0x2D, 0x30, 0x80, 0xFF]
    for index in good.indices {
      for replacement in replacements {
        var bytes = good
        bytes[index] = replacement
        #expect(check(bytes), "byte \(index) replaced by \(replacement)")
      }
    }
  }

  @Test func everyByteDroppedDoubledOrLast() {
    for index in good.indices {
      var dropped = good
      dropped.remove(at: index)
      var doubled = good
      doubled.insert(good[index], at: index)
      #expect(check(dropped), "without byte \(index)")
      #expect(check(doubled), "byte \(index) twice")
      #expect(check(Array(good[..<index])), "cut before byte \(index)")
    }
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func randomChanges(seed: UInt64) {
    var generator = SplitMix(state: seed)
    for _ in 0..<50 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        bytes[index] = UInt8.random(in: 0...255, using: &generator)
      }
      #expect(check(bytes), "seed \(seed): \(bytes)")
    }
  }
}
