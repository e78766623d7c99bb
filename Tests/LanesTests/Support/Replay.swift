import Logging
import Points
import Testing

@testable import Lanes

/// Replays a script against a lane's core, without sockets, threads or time.
///
/// A script holds inputs, each on a line, and below each, indented, what the core does then:
///
///     connect 1                  a client connects; `connect 1 gone`: nothing can be sent to it
///     1: get_data\n              bytes of client 1; \n \r \0 \b and \xHH are escapes
///     1 ends                     the end of its side; `1 breaks`: a reset
///     1 window 10                it takes 10 bytes from now on; `1 window`: all
///     wait 60                    milliseconds
///     row 120                    the read under way finds 120 points; `no row`; `read fails`
///     publish 130                another part of the program read 130 points
///     stop                       the listener closes
///
/// `<120>` stands for the line of the user with 120 points.
struct Replay: ~Copyable {
  private var core: LaneCore<ScriptedTransport>
  private let transport = ScriptedTransport()
  private let handle: ListenerHandle
  private var now: Int64 = 1_000_000_000
  private let closings = Faults()

  init(
    limits: LaneLimits = LaneLimits(), refusals: Int = 64, logger: Logger = Replay.silent
  ) throws {
    let quota = ConnectionQuota(
      ServerShares(limit: limits.connections, descriptors: 1000, servers: 1), refusals: refusals
    )
    core = LaneCore(transport: transport, limits: limits, quota: quota, logger: logger)
    handle = try core.openListener(LaneFixture.specification(), onFault: { _ in }, now: now).handle
  }

  static let silent = Logger(label: "lanes") { _ in SwiftLogNoOpLogHandler() }

  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": escaped += "\\n"
      case "\r": escaped += "\\r"
      case "\0": escaped += "\\0"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    let shortened = escaped.replacing(#/User: Afif \| Points: (\d+) \| Last Update: never/#) {
      "<\($0.1)>"
    }
    return shortened
  }

  /// Replays a script against a new core.
  static func expect(
    _ script: String, limits: LaneLimits = LaneLimits(), refusals: Int = 64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var replay = try Replay(limits: limits, refusals: refusals)
    try replay.expect(script, sourceLocation: sourceLocation)
  }

  /// Replays a script, and compares what happened with what it says.
  mutating func expect(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var transcript: [String] = []
    for line in script.split(separator: "\n") where !line.hasPrefix("  ") {
      transcript.append(String(line))
      try input(line)
      endTurn()
      transcript += transport.takeActions().map { "  \($0)" }
    }
    let happened = transcript.joined(separator: "\n")
    #expect(happened == script, sourceLocation: sourceLocation)
  }

  private struct UnknownInput: Error { let line: String }

  private mutating func input(_ line: Substring) throws {
    let words = line.split(separator: " ")
    if let colon = line.firstIndex(of: ":"), let client = Int32(line[..<colon]) {
      let text = line[line.index(colon, offsetBy: 2)...]
      transport.bring(.bytes(try Self.bytes(text)), from: client)
    } else {
      switch (words[0], words.count > 1 ? words[1] : "") {
      case ("connect", let client):
        transport.connect(try number(client), vanishing: words.last == "gone")
      case ("wait", let milliseconds): try wait(Int64(number(milliseconds)))
      case ("row", let points): try readEnds(.success([row(points)]))
      case ("no", "row"): readEnds(.success([]))
      case ("read", "fails"): readEnds(.failure(ReadFailure(reason: "connection lost")))
      case ("publish", let points): try core.publish([row(points)], now: now)
      case ("stop", _):
        let closings = closings
        core.closeListener(handle, now: now) { closings.add("everything is closed") }
      case (let client, "ends"): transport.bring(.endOfFile, from: try number(client))
      case (let client, "breaks"): transport.bring(.reset, from: try number(client))
      case (let client, "window"):
        transport.setWindow(
          words.count > 2 ? Int(try number(words[2])) : nil, of: try number(client))
      default: throw UnknownInput(line: String(line))
      }
    }
    repeat { core.takeEvents(now: now) } while transport.hasEvents
  }

  private func number(_ text: Substring) throws -> Int32 {
    guard let number = Int32(text) else { throw UnknownInput(line: String(text)) }
    return number
  }

  private func row(_ points: Substring) throws -> PointsRow {
    PointsRow(user: "Afif", points: Int64(try number(points)), stamp: nil)
  }

  private mutating func readEnds(_ result: Result<[PointsRow], ReadFailure>) {
    core.readEnded(result, now: now)
  }

  /// Moves time on from deadline to deadline.
  private mutating func wait(_ milliseconds: Int64) throws {
    let end = now + milliseconds * 1_000_000
    while let deadline = core.nextDeadline, deadline <= end {
      now = max(now, deadline)
      core.expire(now: now)
      endTurn()
    }
    now = end
  }

  private mutating func endTurn() {
    if let users = core.beginRead(now: now) {
      transport.note("reads \(users.joined(separator: ", "))")
    }
    core.runDeferredCallbacks()
    for closing in closings.takeAll() { transport.note(closing) }
  }

  private static func bytes(_ text: Substring) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let character = rest.popFirst() {
      guard character == "\\" else {
        bytes += Array(String(character).utf8)
        continue
      }
      switch rest.popFirst() {
      case "n": bytes.append(0x0A)
      case "r": bytes.append(0x0D)
      case "0": bytes.append(0)
      case "b": bytes.append(0x08)
      case "x":
        guard let byte = UInt8(rest.prefix(2), radix: 16) else {
          throw UnknownInput(line: String(text))
        }
        bytes.append(byte)
        rest = rest.dropFirst(2)
      default: throw UnknownInput(line: String(text))
      }
    }
    return bytes
  }
}
