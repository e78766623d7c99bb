import Foundation
import Testing

/// `docs/promises.md` names the test that holds each promise: it is there.
@Suite struct PromiseDocumentTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func document() throws -> String {
    try String(contentsOf: root.appending(path: "docs/promises.md"), encoding: .utf8)
  }

  /// Everything that the Swift sources of the tests say.
  private static func sources() throws -> String {
    let tests = root.appending(path: "Tests")
    let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
    var sources = ""
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      sources += try String(contentsOf: file, encoding: .utf8)
    }
    return sources
  }

  /// The parts of a filter: a target, a suite, a test.
  private static func declares(_ name: Substring, _ sources: String) -> Bool {
    let isTarget = FileManager.default.fileExists(
      atPath: root.appending(path: "Tests/\(name)").path)
    return isTarget || sources.contains("struct \(name) ") || sources.contains("struct \(name):")
      || sources.contains("func \(name)(")
  }

  @Test func eachPromiseNamesTestsThatExist() throws {
    let sources = try Self.sources()
    let document = try Self.document()
    let promises = document.split(separator: "\n").filter { $0.hasPrefix("| ") }
      .prefix { !$0.hasPrefix("| fault") }.dropFirst()
    #expect(promises.count > 30)
    for promise in promises {
      let column = try #require(promise.split(separator: "|").last)
      let names = column.matches(of: /`([^`]+)`/).map(\.1)
      #expect(!names.isEmpty, "no test holds: \(promise)")
      for name in names {
        for part in name.split(whereSeparator: { "./".contains($0) }) {
          #expect(Self.declares(part, sources), "\(name) of: \(promise)")
        }
      }
    }
  }

  @Test func eachCommandOfAFaultRunsSomething() throws {
    let sources = try Self.sources()
    let filters = try Self.document().matches(of: /swift test --filter ([A-Za-z0-9.]+)`/).map(\.1)
      .filter { $0 != "NAME" }
    #expect(filters.count > 15)
    for filter in filters {
      for part in filter.split(separator: ".") {
        #expect(Self.declares(part, sources), "swift test --filter \(filter)")
      }
    }
  }
}
