import Foundation
import HTTPTypes
import Testing

@testable import Dashboard

/// The list of rights in docs/security.md is that of the declarations.
@Suite struct SecurityDocumentTests {
  private static let begin = "<!-- rights: made from the routes -->\n"
  private static let end = "<!-- end of rights -->"
  private static let document = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../docs/security.md")

  private var table: String {
    let rows = RouterFixture().api.routes.map { route in
      "| \(route.method.rawValue) `\(route.path)` | \(route.right.words) |\n"
    }
    return "| route | who may |\n|---|---|\n" + rows.joined()
  }

  /// With `POINTSD_WRITE_DOCUMENTS=1` in the environment the list is written instead:
  /// `POINTSD_WRITE_DOCUMENTS=1 swift test --filter SecurityDocumentTests`.
  @Test func theListOfRightsIsThatOfTheRoutes() throws {
    let text = try String(contentsOf: Self.document, encoding: .utf8)
    let from = try #require(text.range(of: Self.begin)?.upperBound)
    let to = try #require(text.range(of: Self.end)?.lowerBound)
    if ProcessInfo.processInfo.environment["POINTSD_WRITE_DOCUMENTS"] == "1" {
      try text.replacingCharacters(in: from..<to, with: table)
        .write(to: Self.document, atomically: true, encoding: .utf8)
      return
    }
    #expect(
      text[from..<to] == table,
      """
      docs/security.md is not what the routes declare; write it: \
      POINTSD_WRITE_DOCUMENTS=1 swift test --filter SecurityDocumentTests
      """)
  }
}
