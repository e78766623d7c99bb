import Points

/// How a lane reaches listeners and clients: everything that the core wants of the system. The core
/// runs on any transport, in tests on one without sockets.
///
/// No call blocks. Descriptors are the transport's numbers, from 0.
protocol Transport {
  /// Opens a listener.
  func listen(
    _ specification: ListenerSpecification
  ) throws(ListenerError) -> (descriptor: Int32, port: Int)

  /// Takes the next client that waits.
  func accept(from listener: Int32) -> AcceptResult

  /// Reads once into `buffer`.
  func receive(from descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>)
    -> ReceiveResult

  /// - Returns: the bytes taken, 0 when there is no room; nil when the connection is broken.
  func send(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int?

  /// Ends our side; the peer's bytes can still be read.
  func endSending(_ descriptor: Int32)

  /// Closes a client or a listener; no event of it comes any more.
  func close(_ descriptor: Int32)

  /// Begins to report events of a descriptor, with `token`.
  /// - Returns: nil, or the system's error number.
  func register(_ descriptor: Int32, token: UInt64) -> Int32?

  /// Changes which events are reported; a broken connection is reported in any case.
  func setInterest(_ interest: EventSet.Interest, of descriptor: Int32, token: UInt64)

  /// Takes in the events there are, at most `EventSet.batch`.
  /// - Returns: how many; `event(at:)` gives each until the next call.
  func poll() -> Int

  func event(at index: Int) -> EventSet.Event
}

/// What came of accepting a client.
enum AcceptResult {
  case client(Int32, PeerAddress)
  case noneWaiting
  /// The client is gone again, or the network failed it: the next one may do.
  case clientFailed
  /// No descriptor or memory is left; the system's error number.
  case exhausted(Int32)
  /// The listener is broken; the system's error number.
  case broken(Int32)
}

/// What came of a read.
enum ReceiveResult {
  case bytes(Int)
  case endOfFile
  case nothingYet
  case broken
}
