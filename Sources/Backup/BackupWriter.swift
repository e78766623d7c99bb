import Glibc
import MariaDB
import Points
import QueueExecutor

/// Makes backups by mariadb-dump, in one snapshot, while everything goes on.
public struct BackupWriter: Sendable {
  private let settings: ConnectionSettings
  private let schema: Int
  private let silenceMilliseconds: Int32

  private static let places = ["/usr/bin/mariadb-dump", "/usr/local/bin/mariadb-dump"]

  /// - Parameters:
  ///   - settings: of the database to save.
  ///   - schema: the version of its tables.
  ///   - silence: how long mariadb-dump may give nothing, in whole milliseconds.
  public init(
    settings: ConnectionSettings, schema: Int, silence: Duration = .seconds(30)
  ) {
    self.settings = settings
    self.schema = schema
    let (seconds, attoseconds) = silence.components
    self.silenceMilliseconds = Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }

  /// Starts a backup.
  /// - Throws: `ControlError` when mariadb-dump cannot be started.
  public func begin() async throws -> BackupDump {
    guard let program = Self.places.first(where: { access($0, X_OK) == 0 }) else {
      throw ControlError.failed(
        "mariadb-dump is not installed; on Debian: apt install mariadb-client")
    }
    let options: String
    let programs: ClientPrograms
    do {
      programs = try ClientPrograms()
      options = try programs.optionFile(settings)
    } catch {
      throw ControlError.failed("mariadb-dump cannot be started: \(error)")
    }
    return try BackupDump(
      program, arguments, options: options, schema: schema, silence: silenceMilliseconds,
      programs: programs)
  }

  private var arguments: [String] {
    [
      // A file in memory: the password stands on no command line and in no folder. First, or the
      // files of the account that runs the daemon are read too.
      "--defaults-file=/proc/self/fd/3", "--single-transaction", "--quick",
      "--skip-lock-tables", "--skip-add-locks", "--skip-triggers", "--no-tablespaces",
      "--complete-insert", "--default-character-set=utf8mb4", "--skip-dump-date",
      settings.database ?? "",
    ] + LedgerTables.all
  }
}

/// A backup while mariadb-dump makes it: what it writes, between our first line and our last.
///
/// Nothing is stored: mariadb-dump waits while nobody asks for the next piece. Reading blocks, so it
/// is done on a queue of its own.
public actor BackupDump: BackupStream {
  private let process: DumpProcess
  private let executor: QueueExecutor
  private let digest: Digest
  private let schema: Int
  private let silence: Int32
  /// What mariadb-dump needs stays until it has ended.
  private let programs: ClientPrograms?

  private enum Phase { case beginning, dumping, over }
  private var phase = Phase.beginning

  /// How much is read at once, in bytes.
  private static let piece = 1 << 16

  /// - Parameters:
  ///   - options: what the program reads from descriptor 3.
  ///   - silence: how long it may give nothing, in milliseconds.
  init(
    _ program: String, _ arguments: [String], options: String, schema: Int, silence: Int32,
    programs: ClientPrograms? = nil
  ) throws(ControlError) {
    self.digest = try Digest()
    self.process = try DumpProcess(program, arguments, options: options)
    self.executor = QueueExecutor(label: "pointsd.dump")
    self.schema = schema
    self.silence = silence
    self.programs = programs
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// The next piece; nil behind the last line.
  /// - Throws: `ControlError`; the dump is over then.
  public func next() throws -> [UInt8]? {
    guard phase != .over else { return nil }
    do {
      var bytes = try read()
      if bytes.isEmpty {
        try end()
        phase = .over
        return Array(BackupFormat.lastLine(digest: digest.hexadecimal()).utf8)
      }
      if phase == .beginning { bytes = Array(BackupFormat.firstLine(schema: schema).utf8) + bytes }
      phase = .dumping
      digest.add(bytes)
      return bytes
    } catch {
      phase = .over
      process.kill()
      throw error
    }
  }

  public nonisolated func cancel() { process.kill() }

  /// What mariadb-dump wrote; nothing at its end.
  private func read() throws(ControlError) -> [UInt8] {
    guard process.waitForOutput(milliseconds: silence) else {
      throw .unavailable(
        "mariadb-dump gave nothing for \(silence / 1000) s and was ended; does the database hang, "
          + "or is a table locked?")
    }
    var bytes = [UInt8](repeating: 0, count: Self.piece)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        Glibc.read(process.output, $0.baseAddress.map { $0 + count }, $0.count - count)
      }
      if got < 0 && errno == EINTR { continue }
      // At the end of the output, or nothing more for now.
      guard got > 0 else { break }
      count += got
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Throws unless mariadb-dump ended well.
  private func end() throws(ControlError) {
    guard let status = process.exitStatus() else {
      throw .failed("mariadb-dump closed its output and does not end")
    }
    guard status != 0 else { return }
    if status == 128 + SIGKILL { throw .unavailable("the backup was ended") }
    let complaint = process.complaint
    let reason = "mariadb-dump failed: \(complaint.isEmpty ? "status \(status)" : complaint)"
    // The client's numbers for a server that is gone, and the server's for one that goes.
    let isAway = [2002, 2003, 2006, 2013, 1053, 1927].contains { complaint.contains(" \($0)") }
    throw isAway ? .unavailable(reason) : .failed(reason)
  }
}
