import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// SIGTERM at any moment: exit 0 only with no run open in the database; else 75, and the users whose
/// runs were left open are named.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StopMomentTests {
  /// How many moments each test tries; the long form takes many.
  static let moments =
    ProcessInfo.processInfo.environment["POINTSD_STOPS"].flatMap { Int($0) } ?? 6

  /// Holds an end to the promise.
  private func expectHonest(
    _ end: DaemonEnd, open: [String], _ moment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    switch end.status {
    case 0:
      #expect(open == [], "exit 0 \(moment)\n\(end.log)", sourceLocation: sourceLocation)
    case 75:
      for user in open {
        #expect(
          end.names(user), "\(user) is not named \(moment)\n\(end.log)",
          sourceLocation: sourceLocation)
      }
    case nil where end.log.isEmpty: break  // The signal came before the program began.
    default:
      Issue.record(
        "ended with \(String(describing: end.status)) \(moment)\n\(end.log)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func duringAStart() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon()
    var generator = SeededGenerator(seed: 9)
    for number in 0..<Self.moments {
      if number.isMultiple(of: 2) {
        // Runs are open already.
        try await daemon.start()
        daemon.kill()
        #expect(try await server.openRuns().count == 5)
      }
      try await daemon.start(waiting: false)
      let moment = Int.random(in: 0...1500, using: &generator)
      try await Task.sleep(for: .milliseconds(moment))
      let end = try await daemon.terminated()
      expectHonest(end, open: try await server.openRuns(), "after \(moment) ms")
    }
  }

  /// The signal comes when the server has carried out a commit of the start and the daemon does not
  /// know it yet; every other time the reply is lost.
  @Test func whileACommitOfTheStartIsUnderWay() async throws {
    for number in 1...max(8, Self.moments) {
      // A daemon has its own name in the ledger, and leaves alone whom another one serves.
      let server = try await GivenServer.make(.shared())
      let process = Atomic<pid_t>(0)
      let proxy = try CommitDroppingProxy(before: server.settings) { commit in
        guard commit == number else { return false }
        kill(process.load(ordering: .relaxed), SIGTERM)
        return number.isMultiple(of: 2)
      }
      let daemon = try server.daemon(through: proxy)
      try await daemon.start(waiting: false)
      process.store(try #require(daemon.process?.processIdentifier), ordering: .relaxed)
      // Later commits are those of changes.
      try await eventually("commit \(number): \(daemon.log)") {
        if proxy.committed < number, daemon.process?.isRunning == true,
          (try? daemon.http("/readyz").status) == 200
        {
          _ = try? daemon.control("/api/users/Afif/resume", method: "POST")
        }
        return proxy.committed >= number
      }
      let end = try await daemon.ended()
      expectHonest(end, open: try await server.openRuns(), "at commit \(number)")
    }
  }

  @Test func whileTheDatabaseIsAwayAndRunsAreOpen() async throws {
    let database = try await PrivateDatabase.start()
    let server = try await GivenServer.make(database)
    let daemon = try server.daemon()
    for comesBack in [false, true] {
      try await daemon.start()
      try database.suspend()
      let process = try #require(daemon.process)
      process.terminate()
      if comesBack {
        try await eventually("it stops") { daemon.log.contains("stopping, asked by SIGTERM") }
        database.resume()
      }
      let end = try await daemon.ended()
      database.resume()
      let open = try await server.openRuns()
      expectHonest(end, open: open, comesBack ? "database back" : "database away")
      if !comesBack { #expect(end.status == 75 && open.count == 5) }
    }
    // What was left open is credited, and closed by the next clean stop.
    try await daemon.start()
    try await eventually("it adds up") { try daemon.differences() == [] }
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
    try await database.stop()
  }

  /// The reload takes one user out and brings another.
  @Test func whileAReloadCommits() async throws {
    var generator = SeededGenerator(seed: 10)
    let users = ["Afif", "Faiz", "Zoe"]
    for number in 0..<Self.moments {
      let server = try await GivenServer.make(.shared())
      let isArmed = Atomic(false)
      let process = Atomic<pid_t>(0)
      let proxy = try CommitDroppingProxy(before: server.settings) { _ in
        guard number % 3 != 0, isArmed.exchange(false, ordering: .relaxed) else { return false }
        kill(process.load(ordering: .relaxed), SIGTERM)
        return number % 3 == 2
      }
      // No ticks: the next commit is the reload's.
      let daemon = try server.daemon(.init(users: users, intervalSeconds: 60), through: proxy)
      try daemon.writeConfiguration(users: ["Afif", "Faiz"])
      try await daemon.start()
      let identifier = try #require(daemon.process?.processIdentifier)
      process.store(identifier, ordering: .relaxed)
      try daemon.writeConfiguration(users: ["Afif", "Zoe"])
      isArmed.store(true, ordering: .relaxed)
      kill(identifier, SIGHUP)
      if number % 3 == 0 {
        usleep(UInt32.random(in: 0...120_000, using: &generator))
        kill(identifier, SIGTERM)
      }
      let end = try await daemon.ended()
      expectHonest(end, open: try await server.openRuns(), "reload \(number)")
    }
  }

  @Test func whileARestoreExchangesTheLedgers() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon()
    let file = daemon.directory + "/backup.sql"
    try await daemon.start()
    #expect(try daemon.pointsctl("backup", file).status == 0)
    var generator = SeededGenerator(seed: 11)
    for number in 0..<Self.moments {
      if number > 0 { try await daemon.start() }
      let restore = try daemon.beginPointsctl("restore", file)
      let moment = UInt32.random(in: 30_000...300_000, using: &generator)
      usleep(moment)
      let end = try await daemon.terminated()
      restore.waitUntilExit()
      expectHonest(
        end, open: try await server.openRuns(), "\(moment / 1000) ms after a restore began")
    }
    try await daemon.start()
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// The first start makes the private database; the others find runs open or closed.
  @Test func duringTheFirstStartOfThePrivateDatabase() async throws {
    var generator = SeededGenerator(seed: 12)
    for number in 0..<Self.moments {
      let daemon = try Daemon()
      let longest = number.isMultiple(of: 2) ? 1500 : 3000
      for moment in [Int.random(in: 0...longest, using: &generator), 400] {
        try await daemon.start(waiting: false)
        try await Task.sleep(for: .milliseconds(moment))
        let end = try await daemon.terminated()
        expectHonest(end, open: try await daemon.openRunsOnDisk(), "after \(moment) ms")
      }
    }
  }
}
