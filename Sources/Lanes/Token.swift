/// What an epoll set and a read gate are given to find a connection or a listener again: its index
/// below, its generation above, so that a token of an earlier use of the same slot is recognised as stale.
enum Token {
  private static let listenerBit: UInt64 = 1 << 63

  static func connection(_ slot: Int, _ generation: UInt32) -> UInt64 {
    UInt64(generation & 0x7FFF_FFFF) << 32 | UInt64(slot)
  }

  static func listener(_ handle: ListenerHandle) -> UInt64 {
    listenerBit | UInt64(handle.generation & 0x7FFF_FFFF) << 32 | UInt64(handle.index)
  }

  static func isListener(_ token: UInt64) -> Bool { token & listenerBit != 0 }

  static func listener(_ token: UInt64) -> ListenerHandle {
    ListenerHandle(index: index(token), generation: generation(token))
  }

  static func index(_ token: UInt64) -> Int { Int(token & 0xFFFF_FFFF) }

  static func generation(_ token: UInt64) -> UInt32 { UInt32(token >> 32) & 0x7FFF_FFFF }
}
