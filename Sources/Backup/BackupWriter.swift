import Glibc
import ManagedDatabase
import MariaDB
import Points

/// Makes backups by mariadb-dump, in one snapshot, while everything goes on.
public struct BackupWriter: Sendable {
  private let settings: ConnectionSettings
  private let schema: Int

  /// - Parameters:
  ///   - settings: of the database to save.
  ///   - schema: the version of its tables.
  public init(settings: ConnectionSettings, schema: Int) {
    self.settings = settings
    self.schema = schema
  }

  /// - Returns: a whole backup.
  /// - Throws: `BackupError.failed`, or `CancellationError`; nothing is left behind.
  public func write() async throws -> PrivateFile {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let programs = try ClientPrograms()
    // What mariadb-dump needs stays until it has ended.
    defer { withExtendedLifetime(programs) {} }
    try folder.write("client.cnf", try programs.optionFile(settings))
    let process = try start(in: folder)
    let ending: ChildProcess.Ending
    do {
      ending = try await process.ended()
    } catch {
      process.signal(SIGTERM)
      throw error
    }
    guard ending == .status(0) else {
      let said = folder.text("log").split(separator: "\n").last.map(String.init) ?? "\(ending)"
      throw BackupError.failed("mariadb-dump failed: \(said)")
    }
    return try signed(folder.path("dump.sql"))
  }

  private func start(in folder: TemporaryFolder) throws(BackupError) -> ChildProcess {
    let places = ["/usr/bin/mariadb-dump", "/usr/local/bin/mariadb-dump"]
    guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
      throw .failed("mariadb-dump is not installed; on Debian: apt install mariadb-client")
    }
    do {
      return try ChildProcess(
        program,
        [
          "--defaults-file=\(folder.path("client.cnf"))", "--single-transaction", "--quick",
          "--skip-lock-tables", "--skip-add-locks", "--skip-triggers", "--no-tablespaces",
          "--complete-insert", "--default-character-set=utf8mb4", "--skip-dump-date",
          "--result-file=\(folder.path("dump.sql"))", settings.database ?? "",
        ] + LedgerTables.all, log: folder.path("log"))
    } catch {
      throw .failed("\(error)")
    }
  }

  /// The dump between our first line and our last.
  private func signed(_ dump: String) throws(BackupError) -> PrivateFile {
    let file = try PrivateFile()
    let digest = try Digest()
    let descriptor = open(dump, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .failed("mariadb-dump left no file") }
    defer { close(descriptor) }
    var piece = Array(BackupFormat.firstLine(schema: schema).utf8)
    while !piece.isEmpty {
      digest.add(piece)
      try file.append(piece)
      piece = try Self.next(of: descriptor)
    }
    try file.append(Array(BackupFormat.lastLine(digest: digest.hexadecimal()).utf8))
    return file
  }

  /// The next piece of a file; empty at its end.
  private static func next(of descriptor: Int32) throws(BackupError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else {
      throw .failed("cannot read the dump: \(String(cString: strerror(errno)))")
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// A folder for the owner only.
private struct TemporaryFolder {
  private let folder: String

  init() throws(BackupError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/pointsd-dump-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .failed(
        "cannot make a temporary folder in \(parent): \(String(cString: strerror(errno)))")
    }
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ name: String, _ text: String) throws(BackupError) {
    let descriptor = open(path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .failed("cannot write \(path(name)): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw .failed("cannot write \(path(name)): \(String(cString: strerror(errno)))")
    }
  }

  /// The beginning of a file; empty when there is none.
  func text(_ name: String) -> String {
    let descriptor = open(path(name), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  func remove() {
    for name in ["client.cnf", "dump.sql", "log"] { unlink(path(name)) }
    rmdir(folder)
  }
}
