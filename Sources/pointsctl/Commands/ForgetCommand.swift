import ArgumentParser
import JSONText

struct ForgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "End that another daemon on the same database serves its users.",
    discussion: """
      For a daemon that will not come back, or has another name now: ps names it. The runs of users \
      whom no daemon serves then are closed; their points stay. A daemon that is alive is refused.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Why; kept in the ledger.", valueName: "text"))
  var reason: String?

  @Argument(
    help: ArgumentHelp("The daemon's name, as ps shows it.", valueName: "instance"),
    completion: .instances)
  var instance: String

  func run() async throws {
    let fields = reason.map { [(key: "reason", value: JSONValue.string($0))] } ?? []
    let data = try await common.client().post(
      "/api/instances/\(percentEncoded(instance))/forget", fields
    ).data()
    if common.json { return try Output.line(data.indented) }
    for line in try Self.lines(instance, data) { try Output.line(line) }
  }

  /// One line for the instance, and one for each user whose run could not be closed yet.
  static func lines(_ instance: String, _ data: JSONNode) throws(CommandFault) -> [String] {
    guard let users = data.array else { throw APIFault.unexpectedResponse("no list of users") }
    func names(_ users: [JSONNode]) -> String {
      users.map { excerpt($0["user"]?.string ?? "?", limit: 200) }.joined(separator: ", ")
    }
    let closed = users.filter { $0["outcome"]?.string == "done" }
    let left = users.filter { $0["outcome"]?.string != "done" }
    return [
      "\(excerpt(instance, limit: 300)) is forgotten"
        + (closed.isEmpty ? "" : "; nobody serves any more: \(names(closed))")
    ] + (left.isEmpty ? [] : ["their runs are closed later, their rows are locked: \(names(left))"])
  }
}
