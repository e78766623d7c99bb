import Foundation
import Testing

/// Clients of the original project, unmodified, against the real daemon over real sockets.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ExistingClientsTests {
  private let line = #/User: (?<user>[^|]+) \| Points: (?<points>\d+) \| Last Update: .{19}/#

  @Test func everyStyleOfClientIsAnswered() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 86_400))
    try await daemon.start()
    let port = daemon.port(of: "Afif")

    // Connects once, sends get_data without a newline for ever, reads once each.
    let original = try TCPClient(port: port)
    for _ in 0..<3 {
      try original.send("get_data")
      #expect(try original.read().wholeMatch(of: line)?.user == "Afif")
    }

    // Sends GET, reads once and closes.
    let once = try TCPClient(port: port)
    try once.send("GET")
    #expect(try once.read().wholeMatch(of: line) != nil)

    // Only connects and reads.
    let silent = try TCPClient(port: daemon.port(of: "Faiz"))
    let greeting = try silent.readLines(1)
    #expect(greeting.first?.wholeMatch(of: line)?.user == "Faiz")

    // Sends a line.
    let lines = try TCPClient(port: port)
    try lines.send("REQUEST_LATEST_POINTS\n")
    #expect(try lines.readLines(1)[0].wholeMatch(of: line) != nil)

    // Two requests in one segment; then CRLF; then single bytes.
    try lines.send("get_data\nping\n")
    let two = try lines.readLines(2)
    #expect(two[0].wholeMatch(of: line) != nil && two[1] == "pong")
    try lines.send("get_points\r\n")
    #expect(try lines.readLines(1)[0].wholeMatch(of: line) != nil)
    for byte in "get_json\n" { try lines.send(String(byte)) }
    #expect(try lines.readLines(1)[0].hasPrefix(#"{"user":"Afif","points":0,"datetime_stamp":""#))

    // A trailing NUL, an unknown word, the end.
    let c = try TCPClient(port: port)
    try c.send("get_data\0")
    #expect(try c.readLines(1)[0].wholeMatch(of: line) != nil)
    try c.send("drop table\n")
    #expect(try c.readLines(1) == ["Invalid command. Use 'get_data' or 'quit'"])
    try c.send("quit\n")
    #expect(try c.readToEnd() == "")
    #expect(try await daemon.stop() == 0)
  }

  @Test func watchersSeeEveryChange() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.5))
    try await daemon.start()
    let client = try TCPClient(port: daemon.port(of: "Irfan"))
    try client.send("watch\n")
    let points = try client.readLines(4).compactMap { $0.wholeMatch(of: line)?.points }.compactMap {
      Int($0)
    }
    #expect(points.count == 4)
    #expect(zip(points, points.dropFirst()).allSatisfy { $0 < $1 })
    try await daemon.stop()
  }
}
