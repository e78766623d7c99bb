import CSystemd

/// Reports the state of the daemon to the service manager, by the protocol of sd_notify(3).
///
/// Does nothing when no service manager asked for it (`NOTIFY_SOCKET` is unset). A message that
/// cannot be delivered is dropped: the manager's own deadlines then say so.
public struct Notifier: Sendable {
  /// Hands one datagram to the service manager.
  private let send: @Sendable (String) -> Void

  /// Speaks to the service manager named by `NOTIFY_SOCKET`.
  public init() {
    send = { _ = sd_notify(0, $0) }
  }

  /// Speaks to `send` instead.
  init(send: @escaping @Sendable (String) -> Void) {
    self.send = send
  }

  /// Start-up is over; dependants may start.
  public func ready(status: String? = nil) {
    send(Self.message("READY=1", status: status))
  }

  /// The daemon is on its way down.
  public func stopping(status: String? = nil) {
    send(Self.message("STOPPING=1", status: status))
  }

  /// Sets the line that `systemctl status` shows; line breaks in it become blanks.
  public func status(_ text: String) {
    send("STATUS=\(Self.singleLine(text))")
  }

  /// Feeds the watchdog.
  public func watchdog() {
    send("WATCHDOG=1")
  }

  private static func message(_ state: String, status: String?) -> String {
    guard let status else { return state }
    return "\(state)\nSTATUS=\(singleLine(status))"
  }

  /// A line break would begin another assignment, which text from outside must never do.
  static func singleLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}
