import Dispatch
import Glibc
import Systemd

/// The login link that a daemon started by hand prints, as `make run` does.
enum LoginAnnouncement {
  /// Writes the link to the terminal on standard error; nil where that is none. A pipe, a file and
  /// the journal are kept and read by others, and the link is good for whichever of them is first.
  static var onTerminal: (@Sendable (_ url: String) -> Void)? {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    return { url in
      // A terminal that was stopped (Ctrl-S) holds up this thread and nothing else.
      DispatchQueue.global().async { StandardStream.error.write(text(url)) }
    }
  }

  static func text(_ url: String) -> String {
    """

      To change things in a browser, open this link (good once, for 10 minutes):
      \(url)
      Another one: pointsctl login


    """
  }
}
