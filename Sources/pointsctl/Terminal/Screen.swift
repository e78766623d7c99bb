import Glibc

/// The terminal that standard output is, if it is one.
enum Screen {
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Its columns and lines; nil for a pipe or a file, and where nobody says.
  static var size: (columns: Int, lines: Int)? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
