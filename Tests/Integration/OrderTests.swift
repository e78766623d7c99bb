import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Nobody is shown a state of a user that is older than one shown before.
@Suite(.serialized, .timeLimit(.minutes(30))) struct OrderTests {
  /// Changes made of each user.
  private static let changes =
    ProcessInfo.processInfo.environment["POINTSD_CHANGES"].flatMap { Int($0) } ?? 60

  private func start() async throws -> Daemon {
    let daemon = try Daemon(.init(intervalSeconds: 0.1))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    return daemon
  }

  /// Changes of all users side by side, each user's one after the other: adjustments upwards, and
  /// pauses whose reasons are rising numbers. Returns the threads.
  private func hammer(_ daemon: Daemon) -> [Thread] {
    let socket = daemon.controlSocket
    return daemon.options.users.map { user in
      let thread = Thread {
        for number in 1...Self.changes {
          for (change, body) in [
            ("adjust", "{\"delta\":1,\"reason\":\"\(number)\"}"),
            ("pause", "{\"reason\":\"\(number)\"}"), ("resume", "{\"reason\":\"\(number)\"}"),
          ] {
            _ = try? Self.post("/api/users/\(user)/\(change)", body, socket: socket)
          }
        }
      }
      thread.start()
      return thread
    }
  }

  private static func post(_ path: String, _ body: String, socket: String) throws {
    let client = try TCPClient(socket: socket)
    try client.send(
      "POST \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
    _ = try client.readToEnd()
  }

  /// The points in answers like `User: Afif | Points: 120 | …`, by user; those that fall are named.
  private func older(in lines: some Sequence<Substring>) -> (states: Int, older: [String]) {
    var (shown, states, older) = ([String: Int](), 0, [String]())
    for line in lines {
      guard let user = line.firstRange(of: "User: "), let points = line.firstRange(of: "Points: ")
      else { continue }
      let name = String(line[user.upperBound...].prefix { $0 != " " })
      guard let new = Int(line[points.upperBound...].prefix(while: \.isNumber)) else { continue }
      states += 1
      if let old = shown[name], new < old { older.append("\(name) has \(new) after \(old)") }
      shown[name] = new
    }
    return (states, older)
  }

  @Test func eventsAndWatchersNeverGoBack() async throws {
    let daemon = try await start()
    let readers = [0, 0, 5, 7, 11].map {
      EventReader(port: daemon.httpPort, eventsPerConnection: $0)
    }
    // pointsctl watch all, and the wire's own watch of each user.
    let watched = daemon.directory + "/watched"
    let watch = try daemon.beginPointsctl("watch", "all", "--every", "0.1", output: watched)
    let watchers = try daemon.options.users.map { user in
      let client = try TCPClient(port: daemon.port(of: user))
      try client.send("watch\n")
      return client
    }
    let threads = hammer(daemon)
    var lines: [[String]] = watchers.map { _ in [] }
    while threads.contains(where: { !$0.isFinished }) {
      for (index, client) in watchers.enumerated() where client.hasInput {
        lines[index].append(try client.read())
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    for reader in readers {
      try await reader.stop()
      let shown = reader.shown
      #expect(shown.states > Self.changes, "\(shown.connections) connections")
      #expect(shown.older == [], "of \(shown.states) states")
    }
    for line in lines {
      let (states, older) = older(in: line.joined().split(separator: "\n"))
      #expect(states > 10 && older == [], "of \(states)")
    }
    watch.terminate()
    watch.waitUntilExit()
    let text = try String(contentsOfFile: watched, encoding: .utf8)
    let (states, older) = older(in: text.split(separator: "\n"))
    #expect(states > 10 && older == [], "of \(states)")
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// What is shown goes back with the ledger only behind a `resync`.
  @Test func aRestoreIsAResync() async throws {
    let daemon = try await start()
    let file = daemon.directory + "/backup.sql"
    #expect(try daemon.pointsctl("backup", file).status == 0)
    let reader = EventReader(port: daemon.httpPort)
    try await eventually("it is shown something") { reader.shown.states > 20 }
    for round in 1...5 {
      for user in daemon.options.users {
        let adjust = try daemon.pointsctl("adjust", user, "100000", "--reason", "round")
        #expect(adjust.status == 0, "\(adjust.errors)")
      }
      try await eventually("it is shown") { reader.shown.points.values.allSatisfy { $0 > 100_000 } }
      #expect(try daemon.pointsctl("restore", file).status == 0)
      try await eventually("a resync") { reader.shown.resyncs == round }
      try await eventually("the restored points are shown") {
        reader.shown.points.count == 5 && reader.shown.points.values.allSatisfy { $0 < 100_000 }
      }
      #expect(reader.shown.older == [])
    }
    try await reader.stop()
    #expect(try await daemon.stop() == 0)
  }
}
