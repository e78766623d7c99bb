extension WireProtocol {
  /// What a client asks for.
  enum Request: UInt8, Sendable, Hashable {
    /// The user's points as a line of text: `get_data` and its other names.
    case line
    /// The user's points as a JSON object.
    case json
    /// The line now and at each change.
    case watch
    case ping
    case help
    /// An end to the connection.
    case quit
    /// Anything else.
    case unknown

    /// The first of its names; for what is none, what it is answered with.
    var name: String {
      WireProtocol.names.first { $0.value == self }.map { "\($0.key)" } ?? "invalid"
    }
  }

  /// Every name of a request, in lower case.
  static let names: KeyValuePairs<StaticString, Request> = [
    "get_data": .line, "get": .line, "get_points": .line, "get_score": .line,
    "get_latest": .line, "fetch": .line, "request_latest_points": .line,
    "get_json": .json, "watch": .watch, "ping": .ping, "help": .help,
    "quit": .quit, "exit": .quit,
  ]
}
