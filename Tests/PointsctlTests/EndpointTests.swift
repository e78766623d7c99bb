import Testing

@testable import pointsctl

@Suite struct EndpointTests {
  private func socket(
    asked: String? = nil, environment: String? = nil, folder: String = "/home/a/project",
    existing: Set<String> = []
  ) -> String {
    Endpoint.controlSocket(asked: asked, environment: environment, folder: folder) {
      existing.contains($0)
    }
  }

  @Test func theOrderOfSockets() {
    let all: Set = ["/run/pointsd/control.sock", "/home/a/project/var/control.sock"]
    #expect(socket(asked: "/x", environment: "/y", existing: all) == "/x")
    #expect(socket(environment: "/y", existing: all) == "/y")
    #expect(socket(environment: "", existing: all) == "/run/pointsd/control.sock")
    #expect(
      socket(existing: ["/home/a/project/var/control.sock"]) == "/home/a/project/var/control.sock")
    #expect(
      socket(folder: "/home/a/project/Sources", existing: ["/home/a/var/control.sock"])
        == "/home/a/var/control.sock")
    #expect(socket(existing: ["/var/control.sock"]) == "/var/control.sock")
    #expect(socket() == "/run/pointsd/control.sock")
    #expect(socket(folder: "/", existing: []) == "/run/pointsd/control.sock")
  }

  @Test(arguments: [
    ("http://127.0.0.1:8080", "127.0.0.1"), ("HTTPS://points.example/", "points.example"),
    ("http://[::1]:8080", "::1"), ("http://host/below", "host"),
  ])
  func hosts(_ text: String, _ host: String) {
    #expect(Endpoint.address(text)?.host == host)
  }

  @Test(arguments: [
    "", "localhost:8080", "ftp://host", "http://", "http:///path", "http://:80", "http://a b",
    "http://user@host", "http://host?x", "http://host#x",
  ])
  func noAddresses(_ text: String) {
    #expect(Endpoint.address(text) == nil)
  }

  @Test func addressesOfPaths() {
    #expect(Endpoint.address("http://h:1/")?.url(of: "/api/users") == "http://h:1/api/users")
    #expect(
      Endpoint.socket("/run/a b.sock").url(of: "/api/users")
        == "http+unix://%2Frun%2Fa%20b.sock/api/users")
    #expect(percentEncoded("Zoë/..?%\n") == "Zo%C3%AB%2F..%3F%25%0A")
  }
}
