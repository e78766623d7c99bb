import Glibc

/// What a long command does, on standard error: in place on a terminal, else only its steps.
struct Progress {
  private let what: String
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(_ what: String) {
    self.what = what
  }

  /// Says how far it is.
  func show(_ state: String) {
    if isTerminal { Output.remark("\r\u{1B}[K\(what): \(state)") }
  }

  /// Says what is done next.
  func step(_ step: String) {
    if isTerminal { show(step) } else { Output.note("\(what): \(step)") }
  }

  /// Leaves the line to what is said next.
  func end() {
    if isTerminal { Output.remark("\r\u{1B}[K") }
  }
}
