import ArgumentParser
import Glibc

@main
enum Entry {
  static func main() async {
    // A reader that goes away is an error of the write, not a signal that kills.
    signal(SIGPIPE, SIG_IGN)
    Output.holdStreams()
    let arguments = ArgumentOrder.commandFirst(Array(CommandLine.arguments.dropFirst()))
    do {
      try PointsctlCommand.checkName(arguments)
      if [[], ["help"], ["--help"], ["-h"]].contains(arguments) {
        return try Output.line(PointsctlCommand.commandsFirst(PointsctlCommand.helpMessage()))
      }
      var command = try await PointsctlCommand.asyncParseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let fault as CommandFault {
      if !fault.description.isEmpty {
        for line in fault.description.split(separator: "\n") { Output.note("pointsctl: \(line)") }
      }
      exit(fault.status.rawValue)
    } catch {
      PointsctlCommand.exit(withError: error)
    }
  }
}
