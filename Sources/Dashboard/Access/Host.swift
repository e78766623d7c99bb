import NIOCore

/// A host name or address in one comparable form: lower case, without brackets or a dot behind,
/// addresses as the kernel prints them, IPv4 in IPv6 as IPv4.
struct Host: Sendable, Hashable {
  let name: String

  init(_ text: String) {
    var text = text.lowercased()
    if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
    if text.hasSuffix(".") { text.removeLast() }
    if let address = try? SocketAddress(ipAddress: text, port: 0), let ip = address.ipAddress {
      text = ip.lowercased()
    }
    if text.hasPrefix("::ffff:"), text.contains(".") { text = String(text.dropFirst(7)) }
    self.name = text
  }

  /// Whether only this machine can reach it.
  var isLoopback: Bool {
    if name == "localhost" || name == "::1" { return true }
    let isIPv4 = (try? SocketAddress(ipAddress: name, port: 0))?.protocol == .inet
    return isIPv4 && name.hasPrefix("127.")
  }
}

/// A host with a port, as `Host` and `Origin` carry them.
struct Authority: Sendable, Hashable {
  let host: Host
  /// nil when it is left to the scheme.
  let port: Int?

  /// nil when `text` is not `host` or `host:port`.
  init?(_ text: String) {
    var hostText = Substring(text)
    var portText: Substring?
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let behind = text[text.index(after: end)...]
      guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
      hostText = text[...end]
      portText = behind.isEmpty ? nil : behind.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      hostText = text[..<colon]
      portText = text[text.index(after: colon)...]
    }
    guard !hostText.isEmpty else { return nil }
    self.host = Host(String(hostText))
    guard let portText else {
      self.port = nil
      return
    }
    guard let port = Int(portText), (1...65535).contains(port), portText.first != "+" else {
      return nil
    }
    self.port = port
  }
}
