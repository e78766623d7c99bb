import Glibc

/// Whether, and how, words are coloured.
struct Style {
  let colours: Bool

  /// Colours on a terminal that can show them, unless the operator wants none (no-color.org).
  ///
  /// - Parameters:
  ///   - noColor: the environment's `NO_COLOR`.
  ///   - terminal: the environment's `TERM`.
  static func colours(isTerminal: Bool, noColor: String?, terminal: String?) -> Bool {
    isTerminal && (noColor ?? "").isEmpty && terminal != "dumb"
  }

  /// The style that fits standard output.
  static var ofOutput: Style {
    Style(
      colours: colours(
        isTerminal: isatty(STDOUT_FILENO) == 1,
        noColor: environment("NO_COLOR"), terminal: environment("TERM")))
  }

  /// The colour of a server's state; the word itself says the same.
  func state(_ word: String) -> String {
    switch word {
    case "running": coloured(word, "32")
    case "paused", "backing off": coloured(word, "33")
    case "starting": coloured(word, "36")
    case "failed": coloured(word, "1;31")
    case "stopped": coloured(word, "2")
    default: word
    }
  }

  /// The colour of a log line's level.
  func level(_ word: String) -> String {
    switch word {
    case "error", "critical": coloured(word, "31")
    case "warning": coloured(word, "33")
    case "notice": coloured(word, "36")
    default: coloured(word, "2")
    }
  }

  /// The colour of what a reload does to a user.
  func action(_ word: String) -> String {
    switch word {
    case "start", "adjust": coloured(word, "32")
    case "restart": coloured(word, "33")
    case "stop", "remove": coloured(word, "31")
    default: coloured(word, "2")
    }
  }

  func heading(_ text: String) -> String {
    coloured(text, "1")
  }

  private func coloured(_ text: String, _ code: String) -> String {
    colours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

/// A variable of the environment; nil when it is not set.
func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}
