import ArgumentParser

/// What all commands that change the state of profiles take.
struct ActionOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Why; kept in the ledger.", valueName: "text"))
  var reason: String?

  @Argument(
    help: ArgumentHelp("Users, servers, groups or all, in any case.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String]
}

struct StartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Start servers; their users earn from now on.")
  @OptionGroup var options: ActionOptions
  func run() async throws { try await Action.start.run(options) }
}

struct StopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop servers; their users earn nothing until start.")
  @OptionGroup var options: ActionOptions
  func run() async throws { try await Action.stop.run(options) }
}

struct RestartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart", abstract: "Restart servers; their users earn on.")
  @OptionGroup var options: ActionOptions
  func run() async throws { try await Action.restart.run(options) }
}

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Let servers answer on, while their users earn nothing.")
  @OptionGroup var options: ActionOptions
  func run() async throws { try await Action.pause.run(options) }
}

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "End a pause.")
  @OptionGroup var options: ActionOptions
  func run() async throws { try await Action.resume.run(options) }
}

struct ResetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", abstract: "Set the points of users to 0.")
  @OptionGroup var options: ActionOptions
  func run() async throws { try await Action.reset.run(options) }
}
