import Testing

/// The files and folders that the documents for developers name are there.
@Suite struct DocumentPathTests {
  @Test(arguments: ["ARCHITECTURE.md", "CONTRIBUTING.md"])
  func namesWhatIsThere(_ document: String) throws {
    let names = try Repository.file(document).text.matches(of: /`([A-Za-z+.\/]+)`/).map(\.1)
      .filter { $0.hasSuffix(".swift") || $0.contains(/^[A-Z][A-Za-z]+\/|^(Tests|docs|config)\//) }
    #expect(names.count > 10)
    for name in names { #expect(isThere(String(name)), "\(document) names \(name)") }
  }

  private func isThere(_ name: String) -> Bool {
    ["", "Sources/", "Tests/"].contains {
      Repository.exists($0 + name) || Repository.exists("\($0)\(name).swift")
    }
  }
}
