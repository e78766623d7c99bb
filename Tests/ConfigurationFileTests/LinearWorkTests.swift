import JSONText
import Synchronization
import Points
import Testing

@testable import ConfigurationFile

/// A large file costs what its size is worth: work is counted, not timed.
@Suite struct LinearWorkTests {
  private let comparisons = Counter()
  private let size = 20_000
  /// A hash table compares with what it finds on its way, a few entries at most on average.
  private var limit: Int { 8 * size }

  @Test func groupsOfOneUserAreComparedWithFewOthers() {
    var names = NameSpace { Counted($0, comparisons) }
    for number in 0..<size {
      #expect(names.joinGroup("g\(number)", place: "users[0]") == .joined(spelling: "g\(number)"))
    }
    #expect(names.joinGroup("g0", place: "users[0]") == .refused(#""g0" stands twice; keep one"#))
    #expect(names.joinGroup("g0", place: "users[1]") == .joined(spelling: "g0"))
    #expect(comparisons.value < limit)
  }

  @Test func usersAreComparedWithFewOthers() {
    var names = NameSpace { Counted($0, comparisons) }
    for number in 0..<size {
      #expect(names.takeUser("u\(number)", place: "users[\(number)]") == nil)
      #expect(names.takeServer("s\(number)", place: "users[\(number)]", user: "u\(number)") == nil)
    }
    #expect(names.takeUser("s7", place: "users[9]") != nil)
    #expect(comparisons.value < 2 * limit)
  }

  @Test func addressesOfOnePortAreComparedWithFewOthers() {
    var ports = PortBook<Counted>()
    func take(_ address: String, _ owner: String, isWildcard: Bool = false) -> String? {
      ports.take(1, at: Counted(address, comparisons), isWildcard: isWildcard, for: owner)
    }
    for number in 0..<size { #expect(take("a\(number)", "\(number)") == nil) }
    #expect(take("a7", "x") == "7")
    #expect(take("all", "x", isWildcard: true) == "0")
    #expect(comparisons.value < limit)
  }

  @Test func aWildcardHoldsItsPortEverywhere() {
    var ports = PortBook<Counted>()
    let all = Counted("all", comparisons)
    #expect(ports.take(1, at: all, isWildcard: true, for: "A") == nil)
    #expect(ports.take(1, at: Counted("x", comparisons), isWildcard: false, for: "B") == "A")
    #expect(ports.take(2, at: Counted("x", comparisons), isWildcard: false, for: "B") == nil)
  }

  /// Messages are what faults cost: none is made for a fault that is only counted.
  @Test func faultsBeyondTheLimitAreCountedOnly() {
    let faults = FaultCollector()
    for offset in 0..<100_000 { faults.add(at: offset, "k\(offset)", "m") }
    #expect(faults.count == 100_000)
    #expect(faults.messageCount <= 2 * FaultCollector.limit)
    let first = faults.faults(in: .init(bytes: [UInt8](repeating: 0x20, count: 100_000)))
    #expect(first.map(\.keyPath) == (0..<FaultCollector.limit).map { "k\($0)" })
  }

  /// The first of the text are reported, whenever they are found.
  @Test func faultsAreTheFirstOfTheText() {
    let faults = FaultCollector()
    for offset in (0..<10_000).reversed() { faults.add(at: offset, "k\(offset)", "m") }
    let first = faults.faults(in: .init(bytes: [UInt8](repeating: 0x20, count: 10_000)))
    #expect(first.map(\.keyPath) == (0..<FaultCollector.limit).map { "k\($0)" })
    #expect(first[1].column == 2)
  }

  private func faults(_ text: String) throws -> ConfigurationFaults {
    try #require(
      #expect(throws: ConfigurationFaults.self) {
        try Configuration.parse(Array(text.utf8), path: "/c.json", credentialsDirectory: nil)
      })
  }

  @Test func aHundredThousandUnknownKeysAreTwoHundredLinesAndANumber() throws {
    let keys = (0..<100_000).map { "\"k\($0)\":1" }.joined(separator: ",")
    let found = try faults(Sample.section(#""log":{\#(keys)}"#))
    #expect(found.faults.count == 200)
    #expect(found.faults.last?.keyPath == "log.k199")
    #expect(found.omittedCount == 99_800)
    let lines = found.description.split(separator: "\n")
    #expect(lines.count == 201)
    #expect(lines.last == "/c.json: and 99800 more")
  }

  @Test func aKeyThatStandsAHundredThousandTimes() throws {
    let keys = [String](repeating: #""level":"info""#, count: 100_001).joined(separator: ",")
    let found = try faults(Sample.section(#""log":{\#(keys)}"#))
    #expect(found.faults.count == 200)
    #expect(found.omittedCount == 99_800)
    #expect(found.faults.allSatisfy { $0.message == "the key stands twice; keep one" })
  }

  @Test func fewFaultsHaveNoNumberBehind() throws {
    let found = try faults(Sample.section(#""log":{"a":1}"#))
    #expect(found.omittedCount == 0)
    #expect(!found.description.contains("more"))
  }

  @Test func fiftyThousandGroupsOfOneUser() throws {
    let groups = (0..<50_000).map { "\"g\($0)\"" }.joined(separator: ",")
    let text = Sample.users(#"{"name":"A","port":1,"groups":[\#(groups)]}"#)
    let configuration = try Configuration.parse(
      Array(text.utf8), path: "/c.json", credentialsDirectory: nil)
    #expect(configuration.users[0].groups.count == 50_000)
  }
}

private final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }
  func increment() { count.add(1, ordering: .relaxed) }
}

/// A name that counts how often it is compared.
private struct Counted: Hashable {
  let text: String
  let comparisons: Counter

  init(_ text: String, _ comparisons: Counter) {
    self.text = text
    self.comparisons = comparisons
  }

  static func == (left: Counted, right: Counted) -> Bool {
    left.comparisons.increment()
    return left.text == right.text
  }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
