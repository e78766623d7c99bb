import Foundation
import Glibc
import Testing

/// Points exactly once through kill -9 at random moments.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CrashTests {
  /// How many crashes; `make robustness` asks for 50.
  private var crashes: Int {
    ProcessInfo.processInfo.environment["POINTSD_CRASHES"].flatMap { Int($0) } ?? 8
  }

  @Test func killingTheDaemonAndItsDatabaseLosesAndDoublesNothing() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    for crash in 0..<crashes {
      try await daemon.start(waiting: crash % 3 != 2)
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...900)))
      daemon.kill()
      // Every other time its database goes too, as in a power cut.
      if crash.isMultiple(of: 2) {
        daemon.stopDatabase(SIGKILL)
        try await eventually("the database is gone") { daemon.databaseProcess == nil }
      }
    }
    try await daemon.start()
    try await eventually("everything is caught up") { try daemon.differences() == [] }
    #expect(Set(try daemon.points().values).count == 1)
    // What the slots say: from the first slot of the first run to the last slot of the last, with
    // nothing missing in between, because no stop was ever asked for.
    let runs = try daemon.sql(
      "SELECT user, COUNT(*), SUM((last_slot - first_slot) * 10) FROM runs GROUP BY user")
    for row in runs.split(separator: "\n") {
      let columns = row.split(separator: "\t")
      #expect(columns[1] == "1", "one run, never closed: \(row)")
    }
    #expect(try await daemon.stop() == 0)
  }
}
