import ArgumentParser
import JSONText

struct AdjustCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjust",
    abstract: "Add points to a user, or with a negative number take some away.",
    discussion: "The points never fall below 0: a change that would do that is refused.")

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Why; kept in the ledger.", valueName: "text"))
  var reason: String

  @Argument(
    help: ArgumentHelp("A user or server, in any case.", valueName: "name"),
    completion: .profiles)
  var name: String

  @Argument(
    help: ArgumentHelp("A whole number, such as 5 or -5.", valueName: "delta"),
    transform: AdjustCommand.delta)
  var delta: Int64

  /// The number; a blank before it is from `ArgumentOrder`.
  static func delta(_ text: String) throws -> Int64 {
    let digits = text.first == " " ? String(text.dropFirst()) : text
    guard let value = Int64(digits), value != 0 else {
      throw ValidationError("DELTA must be a whole number other than 0, such as 5 or -5.")
    }
    return value
  }

  func run() async throws {
    let client = try common.client()
    let targets = try Profiles(servers: await client.servers()).targets(of: [name])
    guard case .server(let entry) = targets.first else {
      throw CommandFault(
        .refused, "\(quoted(name)) is a group; adjust takes one user, so that no slip is paid twice"
      )
    }
    let answer = try await client.post(
      "/api/users/\(percentEncoded(entry.user))/adjust",
      [("delta", .number(String(delta))), ("reason", .string(reason))])
    let data = try answer.data()
    try Output.line(common.json ? data.indented : try GetCommand.line(data, staleSeconds: nil))
  }
}
