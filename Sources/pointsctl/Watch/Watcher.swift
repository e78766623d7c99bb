import Glibc
import JSONText
import Points

/// Watches one user for ever: whatever ends the connection, it is made again.
struct Watcher {
  let client: APIClient
  /// The user's name as the daemon has it.
  let user: String
  let every: Duration
  let json: Bool

  /// - Throws: only what makes all further watching pointless, such as a reader that went away.
  func run(first: ServerEntry) async throws {
    let backOff = Shared(BackOff())
    var server = first
    var generator = SystemRandomNumberGenerator()
    while !Task.isCancelled {
      let reason: String
      do {
        try await watch(server, backOff: backOff)
        return
      } catch let fault as CommandFault {
        throw fault
      } catch is CancellationError {
        return
      } catch {
        reason = "\(error)"
      }
      let delay = backOff.withLock { $0.next(using: &generator) }
      say("\(reason); trying again in \(delay.inSeconds) s")
      try await Task.sleep(for: delay)
      server = await lookUp(last: server)
    }
  }

  private func watch(_ server: ServerEntry, backOff: Shared<BackOff>) async throws {
    let conversation = Conversation(
      host: client.endpoint.host(of: server), port: Int(server.port),
      request: json ? "get_json" : "get_data",
      every: every
    ) { line in
      if line.hasPrefix(json ? "{" : "User: ") { backOff.withLock { $0.reset() } }
      try Output.line(json ? Self.json(line) : "\(Self.now) \(excerpt(line, limit: 1000))")
    }
    try await conversation.run {
      say("connected to \(conversation.host):\(conversation.port)")
    }
  }

  /// Where the user's server is now: a reload may have moved it. While the daemon does not say, it
  /// is looked for where it was.
  private func lookUp(last: ServerEntry) async -> ServerEntry {
    do throws(CommandFault) {
      let servers = try await client.servers()
      guard let server = servers.first(where: { $0.user == user }) else {
        say("pointsd has no such user any more")
        return last
      }
      if server.status != "running" && server.status != "paused" {
        let remedy = server.wanted == "stopped" ? "; pointsctl start \(user)" : ""
        say("its server is \(server.status)\(remedy)")
      }
      return server
    } catch {
      say(error.description)
      return last
    }
  }

  /// An answer as JSON that a terminal shows and does not obey.
  private static func json(_ line: String) -> String {
    (try? JSONParser.parse(Array(line.utf8)))?.compact ?? jsonString(line)
  }

  private func say(_ text: String) {
    Output.note("\(Self.now) \(excerpt(user, limit: 200)): \(excerpt(text, limit: 1000))")
  }

  private static var now: String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment.ofOutput.stamp(DateTimeStamp(secondsSinceEpoch: Int64(time.tv_sec)).description)
  }
}
