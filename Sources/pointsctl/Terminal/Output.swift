import Glibc
import JSONText
import SystemPackage

/// What a command says: results on standard output, everything else on standard error.
enum Output {
  /// Takes the place of standard streams that are closed, so that nothing else gets their numbers
  /// and is written to. Writing to them fails as before.
  static func holdStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes `text` whole.
  /// - Throws: `.done` without a message when the reader went away, as `| head` does: nobody is
  ///   left who wants more, and nothing is wrong. `.output` for all else, such as a full disk.
  static func write(_ text: String) throws(CommandFault) {
    try bytes(Array(text.utf8))
  }

  /// Writes bytes as `write` does text.
  static func bytes(_ bytes: [UInt8]) throws(CommandFault) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        throw CommandFault(.done, "")
      } else if errno == EAGAIN {
        waitUntilWritable()
      } else if errno != EINTR {
        throw CommandFault(.output, "cannot write the output: \(Errno(rawValue: errno))")
      }
    }
  }

  static func line(_ text: String) throws(CommandFault) {
    try write(text + "\n")
  }

  /// Says something to the operator beside the results, line by line; what a terminal would obey is
  /// printed as an escape. Nobody is there to hear of it if that fails.
  static func note(_ text: String) {
    for line in text.split(separator: "\n") { remark(excerpt(String(line), limit: 8000) + "\n") }
  }

  /// The same without the end of the line.
  static func remark(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }

  /// A terminal that another program made non-blocking.
  private static func waitUntilWritable() {
    var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    _ = poll(&descriptor, 1, -1)
  }
}
