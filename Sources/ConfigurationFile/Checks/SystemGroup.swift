import Glibc

/// The operating system's groups.
enum SystemGroup {
  /// Whether the machine knows a group of this name.
  static func exists(_ name: String) -> Bool {
    guard !name.utf8.contains(0) else { return false }
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    // Grows with the group's members.
    var buffer = [CChar](repeating: 0, count: 4096)
    while getgrnam_r(name, &entry, &buffer, buffer.count, &found) == ERANGE, buffer.count < 1 << 24
    {
      buffer = [CChar](repeating: 0, count: buffer.count * 4)
    }
    return found != nil
  }
}
