import ArgumentParser
import JSONText

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the ledger: every point must follow from runs and adjustments.",
    discussion: "The exit status is 1 when there is a difference.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let data = try await common.client().get("/api/verify").data()
    guard let differences = data["differences"]?.array else {
      throw APIFault.unexpectedResponse("a verification without differences")
    }
    if common.json {
      try Output.line(data.indented)
    } else {
      for line in Self.lines(data, differences: differences) { try Output.line(line) }
    }
    if !differences.isEmpty { throw CommandFault(.difference, "") }
  }

  /// One line a difference and notice, and one with the sum.
  static func lines(_ data: JSONNode, differences: [JSONNode]) -> [String] {
    var lines = differences.map { difference in
      let message = difference["message"]?.string ?? difference.string ?? difference.compact
      guard let user = difference["user"]?.string else { return excerpt(message, limit: 1000) }
      return "\(excerpt(user, limit: 200)): \(excerpt(message, limit: 1000))"
    }
    for notice in data["notices"]?.array ?? [] {
      lines.append("note: \(excerpt(notice.string ?? notice.compact, limit: 1000))")
    }
    let users = data["users"]?.integer.map { "\($0) users checked, " } ?? ""
    let count = differences.count
    return lines + ["\(users)\(count == 0 ? "no" : "\(count)") difference\(count > 1 ? "s" : "")"]
  }
}
