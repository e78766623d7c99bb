import Glibc
import Points
import ServiceLifecycle
import TestSupport
import Testing

@testable import Dashboard

@Suite(.timeLimit(.minutes(1))) struct LiveServiceTests {
  @Test func bothPlacesAnswerTheSame() async throws {
    try await RunningService.with { running in
      let tcp = try await RawClient.request(running.tcp, "GET", "/api/servers")
      let unix = try await RawClient.request(running.unix, "GET", "/api/servers")
      #expect(tcp.status == 200)
      #expect(tcp.body == unix.body)
    }
  }

  @Test func whereEverybodyMayChangeThePeerIsNamed() async throws {
    try await RunningService.with(open: true) { running in
      let answer = try await RawClient.request(
        running.tcp, "POST", "/api/users/Afif/pause", body: #"{"reason":"lunch"}"#)
      #expect(answer.status == 200)
      let operation = try #require(running.control.operations.first)
      #expect(operation.requestedBy == "127.0.0.1 via http")
      #expect(operation.reason == "lunch")
    }
  }

  @Test func changesOnTheControlSocketNameTheirUser() async throws {
    let name = String(cString: getpwuid(getuid()).pointee.pw_name)
    try await RunningService.with { running in
      let answer = try await RawClient.request(
        running.unix, "POST", "/api/groups/all/stop", host: "")
      #expect(answer.status == 200)
      #expect(
        running.control.operations.map(\.requestedBy)
          == [String](repeating: "\(name) (uid \(getuid())) via the control socket", count: 2))
    }
  }

  /// Where a connection comes from says nothing, with a proxy's headers and without.
  @Test(arguments: [[], ["X-Forwarded-For: 1.2.3.4"], ["Via: 1.1 proxy"]])
  func nobodyChangesOverTCP(headers: [String]) async throws {
    try await RunningService.with { running in
      for path in ["/api/users/Afif/pause", "/api/groups/all/stop", "/api/reload"] {
        let answer = try await RawClient.request(running.tcp, "POST", path, headers: headers)
        #expect(answer.status == 403)
        #expect(answer.body.contains("pointsctl login"))
      }
      #expect(
        try await RawClient.request(running.tcp, "GET", "/api/users", headers: headers).status
          == 200)
      #expect(running.control.operations.isEmpty)
    }
  }

  @Test func refusalsAreJSONAndLogged() async throws {
    try await RunningService.with { running in
      let path = "/api/users/Afif/reset"
      for (answer, status) in [
        (try await RawClient.request(running.tcp, "POST", path, host: "evil.example"), 403),
        (
          try await RawClient.request(running.tcp, "POST", path, headers: ["Origin: null"]), 403
        ),
        (try await RawClient.request(running.tcp, "GET", "/", host: nil), 400),
        (
          try await RawClient.request(
            running.tcp, "GET", "/", headers: ["Host: evil.example"]), 400
        ),
      ] {
        #expect(answer.status == status)
        #expect(answer.body.hasPrefix(#"{"success":false,"error":""#))
      }
      #expect(running.recorder.lines.count { $0.hasPrefix("warning: refused ") } == 1)
      #expect(running.control.operations.isEmpty)
    }
  }

  @Test func tokensOpenWhatAnAddressDoesNot() async throws {
    try await RunningService.with(address: "0.0.0.0", token: RouterFixture.token) { running in
      let path = "/api/users/Afif/pause"
      let host = "127.0.0.1:\(running.port)"
      let without = try await RawClient.request(running.tcp, "POST", path, host: host)
      #expect(without.status == 401)
      #expect(without.head.contains("WWW-Authenticate: Bearer"))
      let with = try await RawClient.request(
        running.tcp, "POST", path, host: host,
        headers: ["Authorization: bearer \(RouterFixture.token)"])
      #expect(with.status == 200)
    }
  }

  @Test func endlessBodiesAreCutOff() async throws {
    try await RunningService.with { running in
      let head = "POST /api/users/Afif/pause HTTP/1.1\r\nHost: localhost\r\n"
      let announced = try await RawClient.exchange(
        running.unix, head + "Content-Length: 99999999999\r\n\r\n")
      #expect(announced.status == 413)
      let chunk = "8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n"
      let chunked = try await RawClient.exchange(
        running.unix, head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk)
      #expect(chunked.status == 413)
      #expect(running.control.operations.isEmpty)
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await RunningService.with { running in
      let answer = try await RawClient.exchange(
        running.tcp,
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
          + "GET /api/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      let alive = try #require(answer.body.firstRange(of: #""alive""#))
      let missing = try #require(answer.body.firstRange(of: "404"))
      #expect(alive.lowerBound < missing.lowerBound)
    }
  }

  @Test func aTakenPortIsTriedAgain() async throws {
    try await RunningService.with { first in
      let port = first.port
      try await RunningService.with(port: port, waitsForTCP: false) { second in
        try await second.wait {
          if case .retrying(let reason) = second.service.tcpCondition {
            reason.contains("Address already in use")
          } else {
            false
          }
        }
        #expect(
          try await RawClient.request(second.unix, "GET", "/healthz").status == 200)
        #expect(
          second.recorder.lines.contains {
            $0.hasPrefix("error: HTTP cannot listen on 127.0.0.1 port \(port): Address")
          })
        let login = try await RawClient.request(second.unix, "POST", "/api/login")
        #expect(
          login.status == 503 && login.body.contains("127.0.0.1 port \(port): Address already"))
        await first.group.triggerGracefulShutdown()
        try await second.wait { second.port == port }
        #expect(try await RawClient.request(second.unix, "POST", "/api/login").status == 200)
        #expect(try await RawClient.request(second.tcp, "GET", "/healthz").status == 200)
      }
    }
  }

  /// It is tried again for as long as the daemon runs, and is one fault.
  @Test func aGroupThatIsNotThereIsSaidOnce() async throws {
    try await RunningService.with(
      controlGroup: "no-such-group", waitsForControlSocket: false
    ) { running in
      let fault = "control.group: this machine has no group no-such-group"
      @Sendable func tries() -> [String] { running.recorder.lines.filter { $0.contains(fault) } }
      try await running.wait { tries().count > 1 }
      #expect(tries().filter { $0.hasPrefix("error: HTTP cannot listen on ") }.count == 1)
      #expect(tries().dropFirst().allSatisfy { $0.hasPrefix("debug: ") })
      #expect(try await RawClient.request(running.tcp, "GET", "/healthz").status == 200)
    }
  }
}
