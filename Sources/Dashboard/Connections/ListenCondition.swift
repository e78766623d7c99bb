/// Whether one of the two listeners of the HTTP service accepts requests.
public enum ListenCondition: Sendable, Hashable {
  /// Not tried yet, or ended.
  case closed
  /// Accepting; the port is that of TCP, nil for the control socket.
  case listening(port: Int?)
  /// Could not be bound, for this reason; tried again by itself.
  case retrying(reason: String)
}
