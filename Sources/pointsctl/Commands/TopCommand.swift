import ArgumentParser
import JSONText

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Show the servers and the points, live.",
    discussion: """
      On a terminal the list is drawn again and again, by rank, until Ctrl-C; in a pipe each list \
      follows the one before.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Seconds between two lists, 0.1 to 86400.", valueName: "seconds"))
  var every: Double = 2

  @Argument(
    help: ArgumentHelp(
      "Users, servers, groups or all, in any case; nothing for everybody.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  func validate() throws {
    guard 0.1...86_400 ~= every else {
      throw ValidationError("--every must be from 0.1 to 86400 seconds.")
    }
  }

  func run() async throws {
    let signals = EndOnSignals(atEnd: Screen.isTerminal ? Self.showsCursor : "")
    defer { signals.cancel() }
    let client = try common.client()
    if Screen.isTerminal, !common.json { try Output.write(Self.hidesCursor) }
    var isFirst = true
    while true {
      do throws(CommandFault) {
        let listing = try await ServerListing.read(client, of: profiles)
        try show(listing, isFirst: isFirst)
        isFirst = false
      } catch {
        // One that was reached may be restarting.
        guard !isFirst, error.status == .unavailable || error.status == .tryAgain else {
          throw error
        }
        Output.note("pointsctl: \(error.description)")
      }
      try await Task.sleep(for: .seconds(every))
    }
  }

  private func show(_ listing: ServerListing, isFirst: Bool) throws(CommandFault) {
    if common.json { return try Output.line(listing.json.compact) }
    let ranked = ServerListing(
      servers: Ranking.sorted(listing.servers, by: \.points, then: \.user), json: listing.json,
      staleSeconds: listing.staleSeconds)
    let size = Screen.size
    var lines = ranked.lines(within: size?.columns)
    if let notice = listing.notice { lines.insert(notice, at: 0) }
    guard Screen.isTerminal else {
      if !isFirst { try Output.line("") }
      for line in lines { try Output.line(line) }
      return
    }
    // What does not fit would scroll the heading away.
    let shown = lines.prefix(max(2, (size?.lines ?? 24) - 1))
    try Output.write(
      Self.home + shown.map { $0 + Self.clearsLine + "\n" }.joined() + Self.clearsBelow)
  }

  // ECMA-48.
  private static let home = "\u{1B}[H"
  private static let clearsLine = "\u{1B}[K"
  private static let clearsBelow = "\u{1B}[J"
  private static let hidesCursor = "\u{1B}[2J\u{1B}[?25l"
  private static let showsCursor = "\u{1B}[?25h"
}

/// The order of who has more points.
enum Ranking {
  /// Most points first; of equals by name, as people count (`user2` before `user10`).
  static func sorted<Element>(
    _ elements: [Element], by points: (Element) -> Int64?, then name: (Element) -> String
  ) -> [Element] {
    elements.sorted { one, other in
      let (first, second) = (points(one) ?? -1, points(other) ?? -1)
      return first == second ? comesFirst(name(one), name(other)) : first > second
    }
  }

  /// Whether one name stands before another: digits by the number they are.
  static func comesFirst(_ one: String, _ other: String) -> Bool {
    var (rest, others) = (one.lowercased()[...], other.lowercased()[...])
    while let character = rest.first, let compared = others.first {
      let (digits, otherDigits) = (rest.prefix(while: isDigit), others.prefix(while: isDigit))
      if !digits.isEmpty, !otherDigits.isEmpty {
        let (number, otherNumber) = (
          digits.drop { $0 == "0" }, otherDigits.drop { $0 == "0" }
        )
        if number.count != otherNumber.count { return number.count < otherNumber.count }
        if number != otherNumber { return number < otherNumber }
        (rest, others) = (rest.dropFirst(digits.count), others.dropFirst(otherDigits.count))
        continue
      }
      if character != compared { return character < compared }
      (rest, others) = (rest.dropFirst(), others.dropFirst())
    }
    return rest.isEmpty && !others.isEmpty
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
