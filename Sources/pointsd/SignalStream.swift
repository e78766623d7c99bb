import Dispatch
import Glibc

/// The signals of some numbers as they come, from the moment it is made. What they would do
/// otherwise they do no more. It ends with the task.
struct SignalStream: AsyncSequence {
  private let stream: AsyncStream<Int32>

  init(_ numbers: Int32...) { self.init(numbers) }

  init(_ numbers: [Int32]) {
    stream = AsyncStream { continuation in
      let queue = DispatchQueue(label: "pointsd.signals")
      // Dispatch sources may be used from any thread; their type does not say so.
      nonisolated(unsafe) let sources = numbers.map { number in
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { continuation.yield(number) }
        source.activate()
        return source
      }
      continuation.onTermination = { _ in
        for source in sources { source.cancel() }
      }
    }
  }

  func makeAsyncIterator() -> AsyncStream<Int32>.Iterator { stream.makeAsyncIterator() }
}
