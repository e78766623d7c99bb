import ArgumentParser
import JSONText
import NIOCore
import NIOPosix

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast the running daemon answers over TCP.",
    discussion: """
      Each connection asks, waits for the answer and asks again. It shares the machine with the \
      daemon if it runs there. The exit status is 1 when there were errors.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Connections, 1 to 5000.", valueName: "number"))
  var connections = 50

  @Option(help: ArgumentHelp("Seconds, 0.1 to 600.", valueName: "number"))
  var seconds = 5.0

  @Argument(
    help: ArgumentHelp(
      "Users, servers, groups or all, in any case; the connections are dealt out among them.",
      valueName: "profile"), completion: .profiles)
  var profiles: [String] = ["all"]

  func validate() throws {
    guard 1...5000 ~= connections else {
      throw ValidationError("--connections must be from 1 to 5000.")
    }
    guard 0.1...600 ~= seconds else {
      throw ValidationError("--seconds must be from 0.1 to 600.")
    }
  }

  func run() async throws {
    let client = try common.client()
    let servers = try Profiles(servers: await client.servers()).servers(of: profiles)
      .filter { $0.status == "running" || $0.status == "paused" }
    guard !servers.isEmpty else {
      throw CommandFault(.refused, "none of them runs; pointsctl ps says why")
    }
    let result = Shared(BenchResult())
    let began = NIODeadline.now()
    let deadline = began + .milliseconds(Int64(seconds * 1000))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<connections {
        let port = Int(servers[number % servers.count].port)
        group.addTask {
          await Self.converse(client.endpoint.host, port, until: deadline, result)
        }
      }
    }
    let measured = Double((NIODeadline.now() - began).nanoseconds) / 1e9
    let outcome = result.withLock { $0 }
    if common.json {
      try Output.line(outcome.json(connections: connections, seconds: measured).indented())
    } else {
      for line in outcome.lines(connections: connections, seconds: measured) {
        try Output.line(line)
      }
    }
    if outcome.errors > 0 { throw CommandFault(.difference, "") }
  }

  /// Returns when the connection has ended.
  private static func converse(
    _ host: String, _ port: Int, until deadline: NIODeadline, _ result: Shared<BenchResult>
  ) async {
    do {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(5))
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              BenchClient(result: result, deadline: deadline))
          }
        }
        .connect(host: host, port: port).get()
      // A server that falls silent must not hold the measurement up.
      let limit = channel.eventLoop.scheduleTask(deadline: deadline + .seconds(10)) {
        channel.close(promise: nil)
      }
      try await channel.closeFuture.get()
      limit.cancel()
    } catch {
      result.withLock { $0.fail("\(error)") }
    }
  }
}
