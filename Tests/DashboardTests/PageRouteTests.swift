import Foundation
import HTTPTypes
import Points
import Testing

@testable import Dashboard

@Suite struct PageRouteTests {
  @Test func thePageHoldsTheTableOfThoseWithoutScripts() async throws {
    let fixture = RouterFixture()
    fixture.control.set { state in
      state.rows[1] = PointsRow(user: "<img src=x onerror=alert(1)>&\"'", points: 3, stamp: nil)
    }
    let answer = try await fixture.get("/")
    #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
    #expect(answer.headers[.cacheControl] == "no-cache")
    #expect(
      answer.body.contains(
        """
        <tr><th scope="row">Afif</th><td>120</td><td>2026-01-12 14:30:00</td><td>running</td></tr>
        """))
    #expect(
      answer.body.contains(
        "<th scope=\"row\">&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;</th>"))
    #expect(!answer.body.contains("<img src=x"))
    #expect(!answer.body.contains("<!--users-->"))
  }

  @Test func thePageStandsWithoutADatabase() async throws {
    let fixture = RouterFixture()
    fixture.control.set { $0.readError = .unavailable("gone") }
    #expect(try await fixture.get("/").status == 200)
  }

  @Test func knownContentIsNotSentAgain() async throws {
    let fixture = RouterFixture()
    for path in ["/", "/assets/dashboard.js", "/libraries/chart.js", "/libraries/bootstrap.css"] {
      let first = try await fixture.get(path)
      #expect(first.status == 200)
      let tag = try #require(first.headers[.eTag])
      #expect(tag.hasPrefix("\""))
      let second = try await fixture.send(.get, path, headers: [.ifNoneMatch: "\"x\", \(tag)"])
      #expect(second.status == 304)
      #expect(second.body.isEmpty)
      #expect(second.headers[.eTag] == tag)
      let other = try await fixture.send(.get, path, headers: [.ifNoneMatch: "\"x\""])
      #expect(other.status == 200)
    }
  }

  @Test func thePagesTagChangesWithItsNumbers() async throws {
    let fixture = RouterFixture()
    let before = try await fixture.get("/").headers[.eTag]
    fixture.control.set { $0.rows[0] = PointsRow(user: "Afif", points: 130, stamp: nil) }
    #expect(try await fixture.get("/").headers[.eTag] != before)
  }

  @Test func everyFileOfThePageIsServed() async throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Dashboard/Page")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let filledIn = ["index.html", "login.html"]
    #expect(Set(names) == Set(PageFile.all.map(\.name) + filledIn))
    let fixture = RouterFixture()
    for name in names where !filledIn.contains(name) {
      let answer = try await fixture.get("/assets/\(name)")
      let content = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      #expect(answer.body == content)
      let isScript = name.hasSuffix(".js")
      #expect(
        answer.headers[.contentType]
          == (isScript ? "text/javascript; charset=utf-8" : "text/css; charset=utf-8"))
    }
  }

  @Test func missingLibrariesAreNamed() async throws {
    var fixture = RouterFixture()
    fixture.libraries = .init(bootstrap: "/nowhere/<b>", chartjs: "/nowhere/c")
    let answer = try await fixture.get("/libraries/chart.js")
    #expect(answer.status == 404)
    #expect(answer.body.contains("Chart.js is missing") && !answer.body.contains("/nowhere"))
    let page = try await fixture.get("/").body
    #expect(page.contains("<p role=\"alert\">Bootstrap is missing on the daemon"))
    #expect(!page.contains("/nowhere"))
    #expect(page.contains("install libjs-chart.js or set http.libraries.chartjs"))
    let missing = Page(libraries: fixture.libraries).missingLibraries()
    #expect(missing.count == 2 && missing[0].missing.contains("/nowhere/<b>"))
  }

  @Test func librariesFollowTheFileOnDisk() async throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/chart.umd.js"
    try Data("one".utf8).write(to: URL(filePath: path))
    var fixture = RouterFixture()
    fixture.libraries.chartjs = folder.path
    let first = try await fixture.get("/libraries/chart.js")
    #expect(first.body == "one")
    try Data("another".utf8).write(to: URL(filePath: path))
    let second = try await fixture.send(
      .get, "/libraries/chart.js", headers: [.ifNoneMatch: try #require(first.headers[.eTag])])
    #expect(second.body == "another")
    // The setting may also name the file itself.
    fixture.libraries.chartjs = path
    #expect(try await fixture.get("/libraries/chart.js").body == "another")
  }
}
