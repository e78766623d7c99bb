import Foundation
import Synchronization
import Testing

/// Reads `/api/events` as a browser does, on a thread of its own, and holds what it is shown to the
/// promise that no user's state is older than one shown before.
///
/// The test sees to it that points only grow, and that the reasons of changes are rising numbers.
final class EventReader: Sendable {
  struct Shown: Sendable {
    /// By user.
    var points: [String: Int] = [:]
    var reasons: [String: Int] = [:]
    /// Rows and servers seen.
    var states = 0
    var connections = 0
    var resyncs = 0
    /// What was older than what was shown before.
    var older: [String] = []
    fileprivate var lastEvent: String?

    mutating func show(_ user: String, points new: Int, in event: String) {
      states += 1
      if let old = points[user], new < old {
        older.append("\(event): \(user) has \(new) points after \(old)")
      }
      points[user] = new
    }

    mutating func show(_ user: String, reason new: Int, in event: String) {
      states += 1
      if let old = reasons[user], new < old {
        older.append("\(event): \(user) is as of change \(new) after \(old)")
      }
      reasons[user] = new
    }

    /// Another ledger took the place of the one that was shown.
    mutating func forget() { (points, reasons) = ([:], [:]) }
  }

  private let state = Mutex(Shown())
  private let isOver = Atomic(false)
  private let isDone = Atomic(false)
  private let port: Int
  private let eventsPerConnection: Int

  var shown: Shown { state.withLock { $0 } }

  /// - Parameter eventsPerConnection: after so many it connects again, from the last event it saw and
  ///   from nothing in turn; 0 for one connection.
  init(port: Int, eventsPerConnection: Int = 0) {
    self.port = port
    self.eventsPerConnection = eventsPerConnection
    Thread { [self] in
      while !isOver.load(ordering: .relaxed) { try? read() }
      isDone.store(true, ordering: .relaxed)
    }.start()
  }

  /// Ends the reading, and waits for it.
  func stop() async throws {
    isOver.store(true, ordering: .relaxed)
    try await eventually("the reader ends") { isDone.load(ordering: .relaxed) }
  }

  private func read() throws {
    let client = try TCPClient(port: port)
    let resumes = state.withLock { shown in
      shown.connections += 1
      return shown.connections.isMultiple(of: 2) ? shown.lastEvent : nil
    }
    let header = resumes.map { "Last-Event-ID: \($0)\r\n" } ?? ""
    try client.send("GET /api/events HTTP/1.1\r\nHost: localhost:\(port)\r\n\(header)\r\n")
    var (text, count) = ("", 0)
    while !isOver.load(ordering: .relaxed),
      eventsPerConnection == 0 || count < eventsPerConnection
    {
      let more = try client.read()
      guard !more.isEmpty else { return }
      // Of the chunks' line ends only the line feed is of use here.
      text.unicodeScalars += more.unicodeScalars.filter { $0 != "\r" }
      while let end = text.range(of: "\n\n") {
        // Chunks of HTTP/1.1 have lines of their own between events.
        show(text[..<end.lowerBound].split(separator: "\n").map(String.init))
        text.removeSubrange(..<end.upperBound)
        count += 1
      }
    }
  }

  private func show(_ lines: [String]) {
    func field(_ name: String) -> String? {
      lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }
    guard let event = field("event"), let data = field("data") else { return }
    let json = (try? JSONSerialization.jsonObject(with: Data(data.utf8))) as? [String: Any] ?? [:]
    state.withLock { shown in
      if let id = field("id") { shown.lastEvent = id }
      if event == "resync" {
        shown.resyncs += 1
        shown.forget()
      }
      for row in json["users"] as? [[String: Any]] ?? [] {
        guard let user = row["user"] as? String, let points = row["points"] as? Int else {
          continue
        }
        shown.show(user, points: points, in: event)
      }
      let servers = event == "server" ? [json] : json["servers"] as? [[String: Any]] ?? []
      for server in servers {
        guard let user = server["user"] as? String,
          let reason = (server["reason"] as? String).flatMap({ Int($0) })
        else { continue }
        shown.show(user, reason: reason, in: event)
      }
    }
  }
}
