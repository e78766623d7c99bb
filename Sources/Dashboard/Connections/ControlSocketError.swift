/// Why the control socket cannot be used. Each message says what to do.
public struct ControlSocketError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, on what, and what to do, in one line.
  public let description: String
  /// True when another daemon answers on the socket: this one must not run beside it.
  public let anotherDaemonAnswers: Bool

  init(_ description: String, anotherDaemonAnswers: Bool = false) {
    self.description = description
    self.anotherDaemonAnswers = anotherDaemonAnswers
  }
}
