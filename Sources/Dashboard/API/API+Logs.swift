import HTTPTypes
import Hummingbird
import NIOCore
import Points

extension API {
  /// The daemon's own log.
  var logRoutes: [Route] {
    [
      Route(
        .get, "/api/logs",
        .init(
          summary: "The newest lines of the log, one JSON object a line; as guarded as a change",
          answer: .content("application/x-ndjson"),
          query: [
            .init(
              name: "follow", text: "1: what is logged from now on too.",
              schema: ["type": "integer", "enum": [0, 1]]),
            .init(
              name: "after", text: "The `id` of a line: only what came after it.",
              schema: ["type": "string", "pattern": "^[0-9]{1,18}-[0-9]{1,18}$"]),
          ], failures: [400, 401, 403, 503]), right: .guardedRead
      ) { request, context in
        let query = try LogQuery(request.uri.query, started: control.startedMilliseconds)
        guard !query.follows || shares.beginStream(context.peer.channel) else {
          throw APIError(.serviceUnavailable, "Too many streams; ask without 'follow' instead")
        }
        return Response(
          status: .ok,
          headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
          body: ResponseBody {
            try await writeLog(query, Departure.of(context.peer.channel), to: &$0)
          })
      }
    ]
  }

  private func writeLog(
    _ query: LogQuery, _ departure: Departure?, to writer: inout any ResponseBodyWriter
  ) async throws {
    // First the stream, then what is kept: nothing falls between the two.
    let following = query.follows ? log.follow() : nil
    // A log in which nothing happens would never show that its reader has left.
    let takeBack = following.flatMap { departure?.whenGone($0.end) }
    defer { takeBack?() }
    var newest = query.after
    var kept = ByteBuffer()
    for entry in log.entries(after: query.after) {
      kept.writeBytes(line(entry))
      newest = entry.sequence
    }
    try await writer.write(kept)
    if let following {
      for await entry in following.entries where entry.sequence > newest {
        try await writer.write(ByteBuffer(bytes: line(entry)))
      }
    }
    try await writer.finish(nil)
  }

  private func line(_ entry: LogEntry) -> [UInt8] {
    let document: JSON = [
      "id": .string("\(control.startedMilliseconds)-\(entry.sequence)"),
      "time": .string(entry.time.description), "level": .string(entry.level),
      "message": .string(entry.message), "user": .text(entry.user),
      "server": .text(entry.server), "event": .text(entry.event),
    ]
    return document.encoded + [UInt8(ascii: "\n")]
  }
}

/// Which part of the log a query asks for.
struct LogQuery: Sendable, Equatable {
  let follows: Bool
  /// The number of the newest entry that is known; 0 for none.
  let after: Int

  /// - Parameters:
  ///   - query: what stands behind `?`.
  ///   - started: distinguishes this daemon's ids from those of an earlier one, whose log is another.
  init(_ query: String?, started: Int64) throws {
    var follows = false
    var after = 0
    for field in (query ?? "").split(separator: "&") {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts.first, parts.count > 1 ? parts[1] : "") {
      case ("follow", "1"): follows = true
      case ("follow", "0"): follows = false
      case ("after", let text):
        let numbers = text.split(separator: "-").map { Int64($0) }
        guard numbers.count == 2, let start = numbers[0], let sequence = numbers[1] else {
          throw APIError(.badRequest, "'after' must be the id of a line")
        }
        after = start == started ? Int(clamping: sequence) : 0
      default:
        throw APIError(.badRequest, "The query may have 'follow', 0 or 1, and 'after', an id")
      }
    }
    self.follows = follows
    self.after = after
  }
}
