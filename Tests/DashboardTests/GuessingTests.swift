import Glibc
import HTTPTypes
import Hummingbird
import Points
import Synchronization
import TestSupport
import Testing

@testable import Dashboard

/// How fast tokens and codes can be guessed, and that nobody learns from the answers.
@Suite(.timeLimit(.minutes(1))) struct GuessingTests {
  private let second: Int64 = 1_000_000_000

  @Test func onePeerIsBoundedAndOthersAreNot() {
    let limiter = LoginRateLimiter()
    for _ in 0..<LoginRateLimiter.limit {
      #expect(limiter.mayTry("a", nowNanoseconds: 0))
      limiter.noteFailure("a", nowNanoseconds: 0)
    }
    #expect(!limiter.mayTry("a", nowNanoseconds: second - 1))
    #expect(limiter.mayTry("b", nowNanoseconds: 0))
    #expect(limiter.mayTry("a", nowNanoseconds: second))
  }

  @Test func allPeersTogetherAreBounded() {
    let limiter = LoginRateLimiter()
    for number in 0..<LoginRateLimiter.totalLimit {
      limiter.noteFailure("peer \(number)", nowNanoseconds: 0)
    }
    #expect(!limiter.mayTry("another", nowNanoseconds: 0))
    #expect(limiter.mayTry("another", nowNanoseconds: second))
  }

  @Test func aNetworkOfOnesOwnIsOnePeer() {
    func key(_ text: String) -> String { LoginRateLimiter.key(Host(text)) }
    #expect(key("2001:db8:1:2::5") == key("2001:db8:1:2:ffff::9"))
    #expect(key("2001:db8:1:2::5") != key("2001:db8:1:3::5"))
    #expect(key("2001:db8::5") == key("2001:db8:0:0:9::"))
    #expect(key("::1") == key("::2"))
    #expect(key("10.0.0.1") != key("10.0.0.2"))
    #expect(key("::ffff:10.0.0.1") == key("10.0.0.1"))
  }

  /// What becomes of guesses within a second: so many are looked at, and no more, whatever they are.
  @Test func guessesOfASecond() async throws {
    let fixture = RouterFixture()
    var statuses: [Int: Int] = [:]
    for number in 0..<100 {
      let answer =
        number % 2 == 0
        ? try await fixture.send(.post, "/api/users/Afif/pause", token: "wrong \(number)")
        : try await fixture.send(.post, "/login/\(number)", token: nil)
      statuses[answer.status, default: 0] += 1
      #expect(answer.headers[.wwwAuthenticate] == (answer.status == 401 ? "Bearer" : nil))
    }
    #expect(statuses == [401: 30, 429: 70])
    // Now the right one says as little as a wrong one.
    let link = try #require(fixture.access.makeLink(for: .alice)).path
    for (path, token) in [("/api/users/Afif/pause", RouterFixture.token), (link, "")] {
      let answer = try await fixture.send(.post, path, token: token)
      #expect(answer.status == 429)
      #expect(answer.headers[.retryAfter] == "1")
    }
    #expect(fixture.control.operations.isEmpty)
    // Readers are never refused for a token.
    for token in ["wrong", RouterFixture.token] {
      #expect(try await fixture.send(.get, "/api/users", token: token).status == 200)
    }
  }

  /// While wrong ones of the same address wait, the right token and a session are answered at once.
  @Test func theRightOneDoesNotWait() async throws {
    let waiting = Mutex(0)
    let time = DashboardTime(
      now: DashboardTime.fixed.now, monotonicNanoseconds: { 0 },
      sleep: { duration in
        waiting.withLock { $0 += 1 }
        try await DashboardTime.fixed.sleep(duration)
      })
    let fixture = RouterFixture(time: time)
    let link = try #require(fixture.access.makeLink(for: .alice)).path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<(LoginRateLimiter.limit - 1) {
        group.addTask {
          _ = try? await fixture.send(.post, "/api/users/Afif/pause", token: "wrong")
        }
      }
      while waiting.withLock({ $0 }) < LoginRateLimiter.limit - 1 { await Task.yield() }
      let byToken = try await fixture.post("/api/users/Afif/pause")
      let byLink = try await fixture.send(.post, link, token: nil)
      #expect(byToken.status == 200 && byLink.status == 303)
      group.cancelAll()
    }
  }

  /// A client that leaves does not take its failure with it.
  @Test func aFailureCountsWhenItsClientIsGone() async throws {
    let fixture = RouterFixture(time: .fixed)
    for _ in 0..<LoginRateLimiter.limit {
      let task = Task { try? await fixture.send(.post, "/login/x", token: nil) }
      task.cancel()
      _ = await task.value
    }
    #expect(try await fixture.send(.post, "/login/x", token: nil).status == 429)
  }

  @Test(arguments: [
    "", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF",
    "0123456789abcdef0123456789abcdef",
  ])
  func whatIsNotTheToken(given: String) {
    let token = BearerToken(TokenSource(fixed: RouterFixture.token), logger: LogRecorder().logger)
    #expect(!token.matches(given))
    #expect(token.matches(RouterFixture.token))
    #expect(token.matches(" \(RouterFixture.token)\t"))
    #expect(!SecretBytes.equal([], []))
  }

  /// The token is read again when its file changes; a broken file leaves the one before.
  @Test func theTokenFollowsItsFile() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/token"
    struct Broken: Error {}
    func write(_ text: String) {
      let beside = path + ".new"
      let file = Glibc.open(beside, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
      _ = Glibc.write(file, text, text.utf8.count)
      close(file)
      rename(beside, path)
    }
    let read: @Sendable () throws -> String = {
      var bytes = [UInt8](repeating: 0, count: 100)
      let file = Glibc.open(path, O_RDONLY)
      guard file >= 0 else { throw Broken() }
      defer { close(file) }
      let count = Glibc.read(file, &bytes, bytes.count)
      guard count >= 16 else { throw Broken() }
      return String(decoding: bytes[..<count], as: UTF8.self)
    }
    write("the first token!")
    let recorder = LogRecorder()
    let token = BearerToken(try TokenSource(path: path, read: read), logger: recorder.logger)
    #expect(token.matches("the first token!"))
    write("the second token")
    #expect(token.matches("the second token") && !token.matches("the first token!"))
    write("x")
    #expect(token.matches("the second token") && token.matches("the second token"))
    unlink(path)
    #expect(token.matches("the second token") && token.matches("the second token"))
    write("the third token.")
    #expect(token.matches("the third token.") && !token.matches("the second token"))
    #expect(recorder.lines.count { $0.hasPrefix("error: http.tokenFile") } == 2)
    #expect(recorder.lines.count { $0.hasPrefix("notice: http.tokenFile") } == 2)
    #expect(!recorder.lines.contains { $0.contains("token.") || $0.contains("first") })
  }
}
