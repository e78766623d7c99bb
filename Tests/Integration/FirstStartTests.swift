import Foundation
import Glibc
import Testing

/// The first start of all, which makes the database.
@Suite(.serialized, .timeLimit(.minutes(20))) struct FirstStartTests {
  /// How many first starts are interrupted.
  private var interruptions: Int {
    ProcessInfo.processInfo.environment["POINTSD_INTERRUPTIONS"].flatMap { Int($0) } ?? 6
  }

  /// Interrupted by kill -9 and by SIGTERM in turn, at moments spread over the whole start, and begun
  /// again at once.
  @Test func aStartThatWasInterruptedCanBeBegunAgainAtOnce() async throws {
    var generator = SeededGenerator(seed: 19)
    for number in 0..<interruptions {
      let daemon = try Daemon()
      try await daemon.start(waiting: false)
      let moment = Int.random(in: 0...1400, using: &generator)
      try await Task.sleep(for: .milliseconds(moment))
      if number.isMultiple(of: 2) {
        daemon.kill()
      } else {
        try await daemon.stop()
      }
      try await daemon.start()
      #expect(try daemon.points().count == 5, "interrupted after \(moment) ms")
      try await daemon.stop()
      let left = try FileManager.default.contentsOfDirectory(atPath: daemon.directory + "/mariadb")
      #expect(!left.contains { $0.hasPrefix("data.unfinished") }, "\(left)")
    }
  }

  private static let canChangeHost =
    (try? run(
      "/usr/bin/unshare",
      ["--uts", "--mount", "sh", "-c", "hostname nowhere && mount --bind /dev/null /etc/hosts"]))?
    .status == 0

  @Test(.enabled(if: canChangeHost, "needs a host name and a mount table of its own"))
  func aHostWhoseNameDoesNotResolve() async throws {
    var options = Daemon.Options()
    options.launcher = [
      "/usr/bin/unshare", "--uts", "--mount", "sh", "-c",
      #"hostname nowhere && mount --bind /dev/null /etc/hosts && exec "$0" "$@""#,
    ]
    let daemon = try Daemon(options)
    try await daemon.start()
    #expect(try daemon.points().count == 5)
    #expect(try await daemon.stop() == 0)
  }
}

/// The same numbers each time.
///
/// Source: Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, 2014.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
