/// A file with a backup, gone when nobody holds this value any more.
public protocol BackupFile: Sendable {
  /// In bytes.
  var size: Int { get }

  /// Up to `count` bytes from `offset` on; none at the end.
  func read(at offset: Int, count: Int) throws -> [UInt8]

  /// Writes all of `bytes` at the end.
  func append(_ bytes: [UInt8]) throws
}

/// A backup while it is made. It ends behind its last piece, by an error, by `cancel`, and when
/// nobody holds this value any more; nothing is left behind then.
public protocol BackupStream: AnyObject, Sendable {
  /// The next piece, nil behind the last one. Without it the file is known to be cut off.
  /// - Throws: `ControlError.unavailable` when the database gives nothing for too long.
  func next() async throws -> [UInt8]?

  /// Ends it at once; `next` then throws.
  func cancel()
}

/// A backup that is whole, as the ledger takes it in.
public struct BackupContent: Sendable {
  /// The version of the tables that the rows are for.
  public let schema: Int
  /// Calls its argument with each statement that puts rows into the ledger's tables, in order, as
  /// the bytes of the file.
  public let statements: @Sendable (_ body: ([UInt8]) throws -> Void) throws -> Void

  public init(
    schema: Int,
    statements: @escaping @Sendable (_ body: ([UInt8]) throws -> Void) throws -> Void
  ) {
    self.schema = schema
    self.statements = statements
  }
}

/// Making and reading of backup files: what the supervisor asks of the rest of the daemon. Every
/// throwing function throws `ControlError`.
public protocol Backups: Sendable {
  /// Begins to save the ledger in one snapshot, while everything goes on.
  func begin() async throws -> any BackupStream

  /// An empty file, for one that is sent.
  func makeFile() throws -> any BackupFile

  /// What a file holds; `conflict` says why it is no whole backup of ours.
  func read(_ file: any BackupFile) throws -> BackupContent
}
