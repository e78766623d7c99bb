import Points
import Synchronization

/// A backup of the steps that a test names.
final class FakeBackup: BackupStream {
  enum Step: Sendable {
    case piece([UInt8])
    case failure(ControlError)
    /// Nothing until it is cancelled.
    case silence
    /// The same piece for ever.
    case endless([UInt8])
  }

  private let steps: Mutex<[Step]>
  private let whenOver: @Sendable () -> Void
  private let (cancelled, cancellation) = AsyncStream.makeStream(of: Never.self)
  private let isCancelled = Atomic(false)

  init(_ steps: [Step], whenOver: @escaping @Sendable () -> Void) {
    self.steps = Mutex(steps)
    self.whenOver = whenOver
  }

  deinit { whenOver() }

  func next() async throws -> [UInt8]? {
    if isCancelled.load(ordering: .relaxed) { throw ControlError.unavailable("ended") }
    let step = steps.withLock { steps -> Step? in
      guard let step = steps.first else { return nil }
      if case .endless = step { return step }
      steps.removeFirst()
      return step
    }
    switch step {
    case nil: return nil
    case .piece(let bytes), .endless(let bytes): return bytes
    case .failure(let error): throw error
    case .silence:
      for await _ in cancelled {}
      throw ControlError.unavailable("ended")
    }
  }

  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    cancellation.finish()
  }
}

/// A file in memory.
final class MemoryFile: BackupFile {
  private let bytes = Mutex<[UInt8]>([])
  var size: Int { bytes.withLock { $0.count } }

  func read(at offset: Int, count: Int) throws -> [UInt8] {
    bytes.withLock { Array($0.dropFirst(offset).prefix(count)) }
  }

  func append(_ more: [UInt8]) throws { bytes.withLock { $0 += more } }
}
