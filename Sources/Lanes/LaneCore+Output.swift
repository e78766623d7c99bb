import Glibc

extension LaneCore {
  /// Sends what was put together, by one call. What the client's window does not take is kept, and
  /// the client is not read until it has taken that: so nobody can make us keep more than the
  /// answers to one read and to what was owed before it.
  mutating func sendOutput(_ slot: Int, now: Int64) {
    guard output.count > 0 else { return }
    defer { output.removeAll() }
    if connections[slot].flags.contains(.backlogged) {
      backlogs[slot]?.bytes.append(contentsOf: output.bytes[..<output.count])
      return
    }
    guard let sent = transmit(slot, UnsafeBufferPointer(rebasing: output.bytes[..<output.count]))
    else { return drop(slot) }
    if sent < output.count {
      backlogs[slot] = Backlog(bytes: Array(output.bytes[sent..<output.count]))
      connections[slot].flags.insert(.backlogged)
    }
  }

  /// The client has room again.
  mutating func sendBacklog(_ slot: Int, now: Int64) {
    guard let backlog = backlogs[slot] else { return }
    let sent = backlog.bytes.withUnsafeBufferPointer { bytes in
      transmit(slot, UnsafeBufferPointer(rebasing: bytes[backlog.sent...]))
    }
    guard let sent else { return drop(slot) }
    if backlog.sent + sent < backlog.bytes.count {
      backlogs[slot]?.sent += sent
      return
    }
    backlogs[slot] = nil
    connections[slot].flags.remove(.backlogged)
    if connections[slot].flags.contains(.watching) { tellWatcher(slot, now: now) }
    if connections[slot].descriptor >= 0 { settle(slot, now: now) }
  }

  /// - Returns: how many bytes the kernel took, nil when the connection is over.
  private func transmit(_ slot: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    while true {
      let sent = send(
        connections[slot].descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if sent >= 0 { return sent }
      if errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM { return 0 }
      if errno != EINTR { return nil }
    }
  }
}
