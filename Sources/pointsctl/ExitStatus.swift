/// What `pointsctl` exits with: the numbers of sysexits(3), as the daemon's own, where they fit.
enum ExitStatus: Int32 {
  case done = 0
  /// `verify` found a difference, or a server that was to run does not.
  case difference = 1
  /// `plan`: a reload would change something.
  case wouldChange = 2
  /// The command line is wrong.
  case usage = 64
  /// The daemon refused: no such name, or not in this state.
  case refused = 65
  /// A file named on the command line cannot be read.
  case unreadable = 66
  /// The daemon cannot be reached.
  case unavailable = 69
  /// An answer that no pointsd gives, or a fault of the daemon's own.
  case fault = 70
  /// The output could not be written.
  case output = 74
  /// The daemon cannot do it now, for its database is away or it is stopping.
  case tryAgain = 75
  /// Not allowed.
  case permission = 77
  /// The daemon's configuration file has faults.
  case configuration = 78
}

/// Why a command ends without having done what it was asked.
struct CommandFault: Error, Equatable, CustomStringConvertible {
  let status: ExitStatus
  /// What failed, on what, and what to do; empty when there is nothing to say.
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
