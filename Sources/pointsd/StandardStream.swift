import Glibc

/// The streams of the process, for what is said before and beside the log.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// Takes the place of streams that are closed, so that no socket gets their numbers and a log line
  /// with them.
  static func holdAll() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Writes all of `text`; a stream that cannot be written to has nobody who reads it.
  func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
