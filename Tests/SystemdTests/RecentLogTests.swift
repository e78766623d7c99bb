import Logging
import Points
import Testing

@testable import Systemd

@Suite(.timeLimit(.minutes(1))) struct RecentLogTests {
  private func add(_ messages: String..., to log: RecentLog) {
    for message in messages {
      log.add(
        LogEvent(
          level: .info, message: "\(message)", metadata: nil, source: "test", file: "",
          function: "",
          line: 1), ["user": "Afif", "event": "test"])
    }
  }

  @Test func theNewestAreKeptInOrder() {
    let log = RecentLog(capacity: 3)
    #expect(log.entries(after: 0) == [])
    add("a", "b", to: log)
    #expect(log.entries(after: 0).map(\.message) == ["a", "b"])
    add("c", "d", "e", to: log)
    #expect(log.entries(after: 0).map(\.message) == ["c", "d", "e"])
    #expect(log.entries(after: 4).map(\.message) == ["e"])
    #expect(log.entries(after: 0).map(\.sequence) == [3, 4, 5])
    #expect(log.entries(after: 4).first?.user == "Afif")
  }

  @Test func followersGetWhatComesUntilTheEnd() async {
    let log = RecentLog()
    add("before", to: log)
    let stream = log.follow().entries
    add("a", "b", to: log)
    log.endFollowers()
    add("after", to: log)
    var messages: [String] = []
    for await entry in stream { messages.append(entry.message) }
    #expect(messages == ["a", "b"])
  }

  @Test func aFollowerThatFallsBehindLosesItsStream() async {
    let log = RecentLog()
    let stream = log.follow().entries
    for _ in 0..<2000 { add("x", to: log) }
    var count = 0
    for await _ in stream { count += 1 }
    #expect(count == 1024)
  }

  @Test func theLevelOfTheProcessChangesForLoggersInUse() {
    let common = AdjustableLevel(.info)
    let recent = RecentLog()
    let base = ProcessLogHandler(SwiftLogNoOpLogHandler(), common: common, recent: recent)
    let logger = Logger(label: "test", factory: { _ in base })
    var quiet = logger
    quiet.logLevel = .error
    logger.debug("1")
    common.value = .debug
    logger.debug("2")
    quiet.info("3")
    #expect(recent.entries(after: 0).map(\.message) == ["2"])
  }
}
