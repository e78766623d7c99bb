import Glibc

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

  public var description: String { "\(call): \(Self.text(number))" }

  /// The system's words for an error number.
  static func text(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
