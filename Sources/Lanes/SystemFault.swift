import SystemPackage

/// A system call that failed, and why.
public struct SystemFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// The name of the call.
  public let call: String
  /// The system's error number.
  public let number: Int32

  init(_ call: String, _ number: Int32) {
    self.call = call
    self.number = number
  }

  public var description: String { "\(call): \(Errno(rawValue: number))" }
}
