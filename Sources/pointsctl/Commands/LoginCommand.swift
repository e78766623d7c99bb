import ArgumentParser
import JSONText

struct LoginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login",
    abstract: "Print a link that lets one browser change things.",
    discussion: """
      The link is good once, for 10 minutes. The browser stays let in, in the name of your account, \
      until it was not used for 30 days. Behind a proxy or a tunnel open the same path there.
      """)

  @OptionGroup var common: CommonOptions

  @Flag(help: "End every link and the session of every browser instead.")
  var revoke = false

  func validate() throws {
    if common.url != nil {
      throw ValidationError("login needs the control socket: run it on the daemon's machine.")
    }
  }

  func run() async throws {
    let client = try common.client()
    if revoke {
      let data = try await client.post("/api/login/revoke").data()
      return try Output.line(
        common.json ? data.indented : "every link and every browser's session has ended")
    }
    let data = try await client.post("/api/login").data()
    guard let url = data["url"]?.string, let account = data["account"]?.string else {
      throw APIFault.unexpectedResponse("a login link without url and account")
    }
    if common.json { return try Output.line(data.indented) }
    try Output.line(excerpt(url, limit: 1000))
    Output.note(
      "Open it in the browser that shall change things as \(excerpt(account, limit: 300)):"
        + " good once, for 10 minutes.")
  }
}
