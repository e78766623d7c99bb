import Points
import Synchronization

/// Backups in memory: a file that begins with `good` is one.
final class FakeBackups: Backups {
  final class File: BackupFile {
    private let bytes = Mutex<[UInt8]>([])
    var size: Int { bytes.withLock { $0.count } }

    func read(at offset: Int, count: Int) throws -> [UInt8] {
      bytes.withLock { Array($0.dropFirst(offset).prefix(count)) }
    }

    func append(_ more: [UInt8]) throws { bytes.withLock { $0 += more } }
  }

  /// One piece, then the end; nothing at all while `isSilent`.
  final class Stream: BackupStream {
    private let owner: FakeBackups
    private let pieces = Mutex([Array("good".utf8)])
    private let (cancelled, cancellation) = AsyncStream.makeStream(of: Never.self)

    init(_ owner: FakeBackups) {
      self.owner = owner
      owner.state.withLock { state in
        state.begun += 1
        state.open += 1
      }
    }

    deinit { owner.state.withLock { $0.open -= 1 } }

    func next() async throws -> [UInt8]? {
      if owner.state.withLock({ $0.isSilent }) {
        for await _ in cancelled {}
        throw ControlError.failed("ended")
      }
      return pieces.withLock { $0.popLast() }
    }

    func cancel() { cancellation.finish() }
  }

  struct State {
    var isSilent = false
    /// Streams begun, and those that are not over yet.
    var begun = 0
    var open = 0
  }
  let state = Mutex(State())

  func begin() async throws -> any BackupStream { Stream(self) }

  func makeFile() throws -> any BackupFile { File() }

  func read(_ file: any BackupFile) throws -> BackupContent {
    let text = String(decoding: try file.read(at: 0, count: file.size), as: UTF8.self)
    guard text.hasPrefix("good") else { throw ControlError.conflict("not ours") }
    return BackupContent(schema: 2) { try $0(Array(text.utf8)) }
  }
}
