import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Ten clients change what they like while the database is killed and stopped: what each was told is
/// true, and afterwards everything agrees.
@Suite(.serialized, .timeLimit(.minutes(20))) struct KilledDatabaseTests {
  /// The long form has 8 kills and 5 stops.
  private static func count(_ variable: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? usual
  }

  /// What one client was told.
  private struct Told: Sendable {
    let status: Int
    let body: String
    let operation: String?
  }

  /// Clients, each on a thread of its own; a change is known by its reason.
  private final class Crowd: Sendable {
    private let told = Mutex<[String: Told]>([:])
    private let isOver = Atomic(false)
    private let working = Atomic(10)

    init(_ changes: [String], _ users: [String], _ client: Daemon.OperatorClient) {
      for number in 0..<10 {
        Thread.detachNewThread {
          var round = 0
          while !self.isOver.load(ordering: .relaxed) {
            round += 1
            let reason = "client \(number) round \(round)"
            let (change, index) = (changes.randomElement() ?? "", (number + round) % users.count)
            let path =
              ["stop", "start"].contains(change)
              ? "servers/server\(index + 1)" : "users/\(users[index])"
            let told: Told
            do {
              let delta = change == "adjust" ? #""delta":7,"# : ""
              let answer = try client.ask(
                "/api/\(path)/\(change)", body: "{\(delta)\"reason\":\"\(reason)\"}")
              told = Told(
                status: answer.status, body: answer.body,
                operation: answer.json["operation"] as? String)
            } catch {
              told = Told(status: 0, body: "\(error)", operation: nil)
            }
            self.told.withLock { $0[reason] = told }
          }
          self.working.subtract(1, ordering: .sequentiallyConsistent)
        }
      }
    }

    var done: Int { told.withLock { $0.values.count { $0.status == 200 } } }

    func end() async throws -> [String: Told] {
      isOver.store(true, ordering: .relaxed)
      try await eventually("the clients end") {
        self.working.load(ordering: .sequentiallyConsistent) == 0
      }
      return told.withLock { $0 }
    }
  }

  @Test(arguments: [["adjust"], ["stop", "start", "pause", "resume"]])
  func whatClientsAreToldIsTrue(_ changes: [String]) async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    let crowd = Crowd(changes, daemon.options.users, daemon.operatorClient)
    for kill in 0..<Self.count("POINTSD_DATABASE_KILLS", 3) {
      try await progress(crowd)
      let killed = daemon.databaseProcess
      daemon.stopDatabase(SIGKILL)
      try await eventually("the database is back after kill \(kill)") {
        daemon.databaseProcess.map { $0 != killed } ?? false
      }
    }
    for _ in 0..<Self.count("POINTSD_DATABASE_STOPS", 1) {
      try await progress(crowd)
      daemon.stopDatabase(SIGSTOP)
      try await Task.sleep(for: .seconds(9))
      daemon.stopDatabase(SIGCONT)
    }
    try await progress(crowd)
    let told = try await crowd.end()
    try await eventually("it is ready: \(daemon.log.suffix(2000))") {
      try daemon.http("/readyz").status == 200
    }
    try await check(told, changes, daemon)
    try await daemon.agrees {
      try daemon.sql(Daemon.ledgerStanding).split(separator: "\n").map {
        $0.replacingOccurrences(of: "\\t", with: "\t")
      }
    }
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.openRunsOnDisk() == [])
  }

  private func progress(_ crowd: Crowd) async throws {
    let before = crowd.done
    try await eventually("changes are made") { crowd.done >= before + 20 }
  }

  /// Done is what was answered by 200, and of what was answered by 504 what the operation says.
  private func check(
    _ told: [String: Told], _ changes: [String], _ daemon: Daemon
  ) async throws {
    var unknown: [String: String] = [:]
    for (reason, answer) in told where answer.status == 504 {
      let identifier = try #require(answer.operation, "\(answer.body)")
      try await eventually("\(reason) is known: \(identifier)") {
        let record = try daemon.control("/api/operations/\(identifier)")
        let outcome = (record.json["data"] as? [String: Any])?["outcome"] as? String
        unknown[reason] = record.status == 404 ? "void" : outcome
        return ["done", "void"].contains(unknown[reason])
      }
    }
    // Each with how often its points were given.
    let lines = try daemon.sql(
      """
      SELECT reason, (SELECT COUNT(*) FROM adjustments WHERE operation_id = operations.id \
      AND delta = 7) FROM operations WHERE outcome = 'done' AND reason LIKE 'client %'
      """
    ).split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    let done = Dictionary(lines.map { ($0[0], $0[1]) }, uniquingKeysWith: { "\($0) and \($1)" })
    for (reason, answer) in told {
      let expected = answer.status == 200 || answer.status == 504 && unknown[reason] == "done"
      #expect([200, 409, 503, 504].contains(answer.status), "\(answer)")
      #expect((done[reason] != nil) == expected, "\(reason): \(answer)")
    }
    #expect(Set(done.values) == [changes == ["adjust"] ? "1" : "0"])
    // The test is of little worth when nothing went wrong.
    #expect(told.values.contains { $0.status != 200 })
  }
}
