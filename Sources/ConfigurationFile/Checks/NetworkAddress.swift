import Glibc

/// An IP address in the form in which two spellings of one address are equal.
struct NetworkAddress: Hashable {
  /// Sixteen bytes; IPv4 addresses as IPv4-mapped IPv6.
  private let bytes: [UInt8]

  private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// - Parameter text: an IPv4 or IPv6 address without brackets, port or zone; nil for all else.
  init?(_ text: String) {
    // A zero byte would end the text for inet_pton.
    guard !text.utf8.contains(0) else { return nil }
    var address = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &address) == 1 {
      self.bytes = Self.mappedPrefix + address[..<4]
    } else if inet_pton(AF_INET6, text, &address) == 1 {
      self.bytes = address
    } else {
      return nil
    }
  }

  /// Whether only this machine reaches it: 127.0.0.0/8 or ::1.
  var isLoopback: Bool {
    bytes == [UInt8](repeating: 0, count: 15) + [1]
      || bytes.starts(with: Self.mappedPrefix + [127])
  }

  /// Whether it stands for all addresses of the machine.
  var isWildcard: Bool {
    bytes.allSatisfy { $0 == 0 } || bytes == Self.mappedPrefix + [0, 0, 0, 0]
  }
}
