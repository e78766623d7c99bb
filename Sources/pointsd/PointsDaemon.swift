import ArgumentParser
import ConfigurationFile
import Glibc
import Lanes
import Points
import Systemd

/// The command line of the daemon.
@main
struct PointsDaemon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pointsd",
    abstract: "Serves every user's points over TCP and HTTP, and keeps them in MariaDB.",
    discussion: """
      For every user in the file a TCP server answers the user's points and adds points every \
      interval.

      EXIT STATUS
        0   stopped as asked
        64  wrong usage
        69  a needed service or program is missing
        70  a fault of pointsd
        75  try again; after a stop: the runs were left open and their time will be credited
        78  the configuration is wrong
      """,
    version: "pointsd \(Version.current)")

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config: String

  @Option(
    name: .customLong("profile"),
    help: ArgumentHelp(
      """
      Run exactly these users: a user, server, group or 'all'. May be given several times. \
      Without it each user is as last asked.
      """, valueName: "name"))
  var profiles: [String] = []

  @Flag(help: "Check the configuration and end.")
  var check = false

  func run() async throws {
    Signals.ignoreOthers()
    // One that comes while all is being set up is answered once it is.
    let signals = try Signals.Awaited()
    StandardStream.holdAll()
    StandardStream.neverWait()
    let (configuration, budget, selected) = try read()
    if check {
      let report = CheckReport(configuration: configuration, budget: budget, selected: selected)
      guard StandardStream.output.write(report.text) else {
        ExitStatus.complain("the file has no fault, but the report cannot be written")
        throw ExitStatus.tryAgain
      }
      if !report.obstacles.isEmpty { throw ExitStatus.configuration }
      return
    }
    LogOutput.bootstrap(level: .init(configuration.log.level))
    defer { LogOutput.flush(milliseconds: 1000) }
    let source = ConfigurationSource(path: config, profiles: profiles, current: configuration)
    let runsClosed = try await Daemon.run(
      configuration, budget: budget, selected: selected, source: source, signals: signals)
    if !runsClosed { throw ExitStatus.tryAgain }
  }

  /// The configuration, the descriptors it has, and the users that the profiles name; or every
  /// fault and exit status 78.
  private func read() throws -> (Configuration, DescriptorBudget, selected: Set<String>?) {
    do {
      let configuration = try Configuration.load(path: config)
      let selected = try ConfigurationSource.select(profiles, in: configuration)
      return (configuration, try DescriptorBudget(configuration), selected)
    } catch let faults as ConfigurationFaults {
      StandardStream.error.write("\(faults)\n")
      throw ExitStatus.configuration
    } catch let shortage as DescriptorBudget.Shortage {
      ExitStatus.complain("\(shortage)")
      throw ExitStatus.configuration
    } catch let unknown as UnknownProfiles {
      ExitStatus.complain("\(unknown)")
      throw ExitCode(64)
    }
  }
}
