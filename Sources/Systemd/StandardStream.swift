import Glibc

/// The output streams of the process: where the log's lines end, and what is said beside the log.
public enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Takes the place of streams that are closed, so that no socket gets their numbers and a log line
  /// with them.
  public static func holdAll() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Lets no write to either stream wait for its reader, those of libraries and of the
  /// runtime included. What does not fit is lost to them; `write` waits in `poll`.
  ///
  /// A pipe or terminal is opened a second time, for the mode belongs to an opening: the shell that
  /// started the daemon shares the first. Where that is not allowed (a terminal of another account)
  /// the stream stays as it is, and only what is written beside the log can wait.
  public static func neverWait() {
    for stream in [Self.output, .error] {
      var status = stat()
      guard fstat(stream.rawValue, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFIFO, S_IFCHR:
        let path = "/proc/self/fd/\(stream.rawValue)"
        let own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard own >= 0 else { continue }
        dup2(own, stream.rawValue)
        close(own)
      case S_IFSOCK where LogOutput.detect() == .journal:
        // The service manager made it for this process alone.
        let flags = fcntl(stream.rawValue, F_GETFL)
        if flags >= 0 { _ = fcntl(stream.rawValue, F_SETFL, flags | O_NONBLOCK) }
      default: break
      }
    }
  }

  /// A pipe that poll(2) calls writable takes so many bytes at once (PIPE_BUF).
  private static let piece = 4096

  /// Writes all of `text`.
  /// - Parameter timeout: how long the reader may stand still, in milliseconds; nil for ever.
  /// - Returns: false when it could not be written: the reader is gone, or its disk is full.
  @discardableResult
  public func write(_ text: String, timeout: Int32? = 2000) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      var descriptor = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
      let ready = poll(&descriptor, 1, timeout ?? -1)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return false }
      let written = rest.prefix(Self.piece).withUnsafeBytes {
        Glibc.write(rawValue, $0.baseAddress, $0.count)
      }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR && errno != EAGAIN {
        return false
      }
    }
    return true
  }
}
