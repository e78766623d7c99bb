import Glibc

/// The terminal that the daemon was started in, if it was: SIGHUP is then also how its end is said.
struct ControllingTerminal {
  /// The standard streams that were a terminal at the start.
  private let streams: [Int32]

  init() { streams = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].filter { isatty($0) == 1 } }

  /// Whether there was one and it is gone: the kernel refuses everything that is asked of it.
  var isClosed: Bool { !streams.isEmpty && streams.allSatisfy { isatty($0) == 0 } }
}
