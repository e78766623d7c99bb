import ArgumentParser
import JSONText
import Points

/// The command as a whole.
struct PointsctlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pointsctl",
    abstract: "Control and ask a running pointsd.",
    usage:
      "pointsctl [--socket PATH | --url URL [--token-file FILE]] [--json] COMMAND [ARGUMENT…]",
    discussion: """
      A PROFILE is a user, a server, a group or "all", in any case. Options may stand before or \
      after the command.

      The control socket is --socket, else $POINTSD_SOCKET, else /run/pointsd/control.sock if \
      there is one, else var/control.sock in this folder or one above. It must be root's, yours, or \
      in a folder that root made for its owner.

      EXIT STATUS
        0   done, or nobody reads the output any more; watch, logs: ended by a signal
        1   verify found a difference; bench, errors; a server that was to run does not
        2   plan: a reload would change something
        64  wrong usage
        65  refused: no such name, or not in this state
        66  a file that was named cannot be read
        69  the daemon cannot be reached
        70  a fault of the daemon, or an invalid response
        74  the output cannot be written
        75  not now, try again: the database is away or the daemon is stopping
        77  not permitted
        78  plan, reload: the configuration file has faults; nothing was changed
      """,
    version: "pointsctl \(Version.current)",
    subcommands: [
      ListCommand.self, TopCommand.self, StartCommand.self, StopCommand.self, RestartCommand.self,
      PauseCommand.self, ResumeCommand.self, ResetCommand.self, AdjustCommand.self,
      GetCommand.self, WatchCommand.self, ConnectionsCommand.self, LogsCommand.self,
      StatisticsCommand.self,
      VerifyCommand.self,
      PlanCommand.self,
      ReloadCommand.self, LoginCommand.self, BackupCommand.self, RestoreCommand.self,
      ForgetCommand.self, AuditCommand.self,
      BenchCommand.self,
    ])
}

extension PointsctlCommand {
  /// The help as a whole with what people look for first: the commands, then options and the rest.
  static func commandsFirst(_ help: String) -> String {
    let parts = help.split(separator: "\n\n", omittingEmptySubsequences: false).map(String.init)
    func position(_ title: String) -> Int? { parts.firstIndex { $0.hasPrefix(title) } }
    guard let usage = position("USAGE:"), let options = position("OPTIONS:"),
      let commands = position("SUBCOMMANDS:"), 0 < usage, usage < options, options < commands
    else { return help }
    let ordered =
      parts[..<1] + parts[usage..<options] + parts[commands...] + parts[1..<usage]
      + parts[options..<commands]
    return ordered.joined(separator: "\n\n")
  }

  /// Names the nearest command for one that there is not.
  static func checkName(_ arguments: [String]) throws(CommandFault) {
    let name = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
    guard let name, !name.hasPrefix("-") else { return }
    let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard !names.contains(name) else { return }
    let nearest = nearestNames(to: name, among: names).map { "; did you mean \($0)?" }
    throw CommandFault(
      .usage,
      "there is no command \(quoted(name))\(nearest.first ?? "; see pointsctl --help")")
  }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The daemon's control socket.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "The daemon's HTTP address instead, such as http://host:8080.", valueName: "url"))
  var url: String?

  @Option(
    help: ArgumentHelp(
      "A file with the token that --url needs to change things.", valueName: "file"))
  var tokenFile: String?

  @Flag(help: "Print the API's data as JSON.")
  var json = false

  func validate() throws {
    if socket != nil && url != nil {
      throw ValidationError("Give either --socket or --url, not both.")
    }
    if tokenFile != nil && url == nil {
      throw ValidationError(
        "--token-file belongs to --url; on the control socket file permissions decide.")
    }
    if let url, Endpoint.address(url) == nil {
      throw ValidationError("--url must be an HTTP address such as http://host:8080, not \(url).")
    }
  }

  /// The API these options mean.
  func client() throws(CommandFault) -> APIClient {
    if let url, let endpoint = Endpoint.address(url) {
      return APIClient(endpoint: endpoint, token: try tokenFile.map(readToken))
    }
    return APIClient(endpoint: .socket(chosenSocket(asked: socket)), token: nil)
  }
}
