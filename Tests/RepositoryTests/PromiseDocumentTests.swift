import Testing

/// `docs/promises.md` names the test that holds each promise: it is there.
@Suite struct PromiseDocumentTests {
  private let document: String
  /// Everything that the Swift sources of the tests say.
  private let tests: String

  init() throws {
    document = try Repository.file("docs/promises.md").text
    tests = try Repository.files(below: "Tests", ending: ".swift").map(\.text).joined()
  }

  /// A part of a filter: a target, a suite, a test.
  private func isDeclared(_ name: Substring) -> Bool {
    Repository.exists("Tests/\(name)") || tests.contains("struct \(name) ")
      || tests.contains("struct \(name):") || tests.contains("func \(name)(")
  }

  @Test func eachPromiseNamesTestsThatExist() throws {
    let promises = document.split(separator: "\n").filter { $0.hasPrefix("| ") }
      .prefix { !$0.hasPrefix("| fault") }.dropFirst()
    #expect(promises.count > 30)
    for promise in promises {
      let column = try #require(promise.split(separator: "|").last)
      let names = column.matches(of: /`([^`]+)`/).map(\.1)
      #expect(!names.isEmpty, "no test holds: \(promise)")
      for name in names {
        for part in name.split(whereSeparator: { "./".contains($0) }) {
          #expect(isDeclared(part), "\(name) of: \(promise)")
        }
      }
    }
  }

  @Test func eachCommandOfAFaultRunsSomething() {
    let filters = document.matches(of: /swift test --filter ([A-Za-z0-9.]+)`/).map(\.1)
      .filter { $0 != "NAME" }
    #expect(filters.count > 15)
    for filter in filters {
      for part in filter.split(separator: ".") {
        #expect(isDeclared(part), "swift test --filter \(filter)")
      }
    }
  }
}
