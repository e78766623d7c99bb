import ArgumentParser

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Ask users' servers again and again, over TCP, and print each answer.",
    discussion: """
      The original's client: it stays connected, asks every 10 s, and connects again by itself when \
      the connection ends, after a wait that grows to 30 s. What happens to connections is said on \
      standard error. Ctrl-C or SIGTERM ends it with status 0. With --json each answer is one line.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Seconds between questions, 0.1 to 86400.", valueName: "seconds"))
  var every: Double = 10

  @Argument(
    help: ArgumentHelp("Users, servers, groups or all, in any case.", valueName: "profile"),
    completion: .profiles)
  var names: [String]

  func validate() throws {
    guard 0.1...86_400 ~= every else {
      throw ValidationError("--every must be from 0.1 to 86400 seconds.")
    }
  }

  func run() async throws {
    let signals = EndOnSignals()
    defer { signals.cancel() }
    let client = try common.client()
    let servers = try Profiles(servers: await client.servers()).servers(of: names)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for server in servers {
        let watcher = Watcher(
          client: client, user: server.user, every: .seconds(every), json: common.json)
        group.addTask { try await watcher.run(first: server) }
      }
      try await group.waitForAll()
    }
  }
}
