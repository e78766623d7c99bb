/// Why the control socket cannot be used. Each message says what to do.
public struct ControlSocketError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, on what, and what to do, in one line.
  public let description: String
  /// True when another daemon answers on the socket: this one must not run beside it.
  public let anotherDaemonAnswers: Bool

  /// Throws why a control socket could not be made at a path, and makes none.
  public static func check(_ path: String) throws(ControlSocketError) {
    try ControlSocket(path: path).check()
  }

  init(_ description: String, anotherDaemonAnswers: Bool = false) {
    self.description = description
    self.anotherDaemonAnswers = anotherDaemonAnswers
  }
}
