import Points
import Synchronization

/// Backups in memory: a file that begins with `good` is one.
struct FakeBackups: Backups {
  final class File: BackupFile {
    private let bytes = Mutex<[UInt8]>([])
    var size: Int { bytes.withLock { $0.count } }

    func read(at offset: Int, count: Int) throws -> [UInt8] {
      bytes.withLock { Array($0.dropFirst(offset).prefix(count)) }
    }

    func append(_ more: [UInt8]) throws { bytes.withLock { $0 += more } }
  }

  func write() async throws -> any BackupFile {
    let file = try makeFile()
    try file.append(Array("good".utf8))
    return file
  }

  func makeFile() throws -> any BackupFile { File() }

  func read(_ file: any BackupFile) throws -> BackupContent {
    let text = String(decoding: try file.read(at: 0, count: file.size), as: UTF8.self)
    guard text.hasPrefix("good") else { throw ControlError.conflict("not ours") }
    return BackupContent(schema: 2) { try $0(Array(text.utf8)) }
  }
}
