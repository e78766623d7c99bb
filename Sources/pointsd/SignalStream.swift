import CLinux
import Dispatch
import Glibc
import SystemPackage

/// The signals of some numbers as they come, from the moment it is made: one that comes before it is
/// read is kept. What they would do otherwise they do no more. It is made once for each number.
///
/// A handler writes to a pipe, because a dispatch source takes over a signal only some time after it
/// was made, and until then the signal ends the process.
struct SignalStream: AsyncSequence {
  /// Why signals cannot be received.
  struct CannotReceive: Error, CustomStringConvertible {
    let code: Int32
    var description: String {
      "signals cannot be received: \(Errno(rawValue: code))"
    }
  }

  private let stream: AsyncStream<Int32>

  init(_ numbers: Int32...) throws(CannotReceive) { try self.init(numbers) }

  init(_ numbers: [Int32]) throws(CannotReceive) {
    var pipe: [Int32] = [-1, -1]
    let failure = clinux_pipe(&pipe)
    guard failure == 0 else { throw CannotReceive(code: failure) }
    let reader = pipe[0]
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    let source = DispatchSource.makeReadSource(
      fileDescriptor: reader, queue: DispatchQueue(label: "pointsd.signals"))
    source.setEventHandler {
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = read(reader, &bytes, bytes.count)
      for byte in bytes.prefix(Swift.max(0, count)) { continuation.yield(Int32(byte)) }
    }
    source.activate()
    // Dispatch sources may be used from any thread; their type does not say so.
    nonisolated(unsafe) let kept = source
    continuation.onTermination = { _ in kept.cancel() }
    for number in numbers {
      let code = clinux_forward_signal(number, pipe[1])
      guard code == 0 else { throw CannotReceive(code: code) }
    }
    self.stream = stream
  }

  func makeAsyncIterator() -> AsyncStream<Int32>.Iterator { stream.makeAsyncIterator() }
}
