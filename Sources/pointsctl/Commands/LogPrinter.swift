import JSONText

/// Prints lines of the log as they come, over however many daemons.
struct LogPrinter {
  let filter: LogFilter
  /// How many of the newest lines to begin with; nil for all.
  let last: Int?
  let json: Bool
  let style: Style
  let moment = Moment.ofOutput
  /// The id of the last line that came.
  private var newest: String?
  /// Lines held back until it is known which are the last.
  private var held: [String] = []

  init(filter: LogFilter, last: Int?, json: Bool, style: Style) {
    self.filter = filter
    self.last = last
    self.json = json
    self.style = style
  }

  /// Prints what is there, then what comes, and begins again with the next daemon.
  mutating func follow(_ client: APIClient) async throws {
    if last != nil {
      try await print(client, follow: false)
      try finish()
    }
    var backOff = BackOff()
    var generator = SystemRandomNumberGenerator()
    while true {
      let before = newest
      do throws(CommandFault) {
        try await print(client, follow: true)
        Output.note("pointsctl: the daemon ended the log; waiting for it")
      } catch {
        guard error.status == .unavailable || error.status == .tryAgain else { throw error }
        if newest == nil && before == nil { throw error }
        Output.note("pointsctl: \(error.description)")
      }
      if newest != before { backOff.reset() }
      try await Task.sleep(for: backOff.next(using: &generator))
    }
  }

  /// Prints what came since the last line, and with `follow` what comes until the daemon ends.
  mutating func print(_ client: APIClient, follow: Bool) async throws(CommandFault) {
    let after = newest.map { "&after=\($0)" } ?? ""
    var printer = self
    defer { self = printer }
    try await client.lines("/api/logs?follow=\(follow ? 1 : 0)\(after)") {
      node throws(CommandFault) in try printer.take(node, holdsBack: !follow)
    }
  }

  private mutating func take(_ node: JSONNode, holdsBack: Bool) throws(CommandFault) {
    guard let id = node["id"]?.string, let message = node["message"]?.string else {
      throw APIFault.unexpectedResponse("a line of the log without id and message")
    }
    newest = id
    guard filter.takes(node) else { return }
    let text =
      json
      ? node.compact
      : moment.stamp(excerpt(node["time"]?.string ?? "", limit: 40))
        + " \(level(node)) \(excerpt(message, limit: 4000))"
    if holdsBack, last != nil { held.append(text) } else { try Output.line(text) }
  }

  /// Prints the last of the lines that were held back.
  mutating func finish() throws(CommandFault) {
    for line in held.suffix(last ?? held.count) { try Output.line(line) }
    held = []
  }

  /// In eight columns, so that messages stand below each other.
  private func level(_ node: JSONNode) -> String {
    let name = excerpt(node["level"]?.string ?? "", limit: 8)
    return style.level(name) + String(repeating: " ", count: max(0, 8 - displayWidth(name)))
  }
}
