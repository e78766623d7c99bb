extension LaneCore {
  /// Sends what was put together, by one call. What the client's window does not take is kept, and
  /// the client is not read until it has taken that: so no client can make us keep more than the
  /// answers to one read and to what was pending before it.
  mutating func sendOutput(_ slot: Int) {
    guard output.count > 0 else { return }
    defer { output.removeAll() }
    if connections[slot].isBacklogged {
      backlogs[slot]?.bytes.append(contentsOf: output.bytes[..<output.count])
      return
    }
    let bytes = UnsafeBufferPointer(rebasing: output.bytes[..<output.count])
    guard let sent = transport.send(bytes, to: connections[slot].descriptor) else {
      return drop(slot)
    }
    if sent < output.count {
      backlogs[slot] = Backlog(bytes: Array(output.bytes[sent..<output.count]))
      connections[slot].isBacklogged = true
    }
  }

  /// The client has room again.
  mutating func sendBacklog(_ slot: Int, now: Int64) {
    guard let backlog = backlogs[slot] else { return }
    let sent = backlog.bytes.withUnsafeBufferPointer { bytes in
      transport.send(
        UnsafeBufferPointer(rebasing: bytes[backlog.sent...]), to: connections[slot].descriptor)
    }
    guard let sent else { return drop(slot) }
    if backlog.sent + sent < backlog.bytes.count {
      backlogs[slot]?.sent += sent
      return
    }
    backlogs[slot] = nil
    connections[slot].isBacklogged = false
    if connections[slot].isWatching { updateWatcher(slot, now: now) }
    if connections[slot].isOpen { flush(slot, now: now) }
  }
}
