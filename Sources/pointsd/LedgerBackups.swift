import Backup
import Ledger
import MariaDB
import Points

/// Backups of the daemon's ledger.
struct LedgerBackups: Backups {
  private let writer: BackupWriter

  init(_ settings: ConnectionSettings) {
    self.writer = BackupWriter(settings: settings, schema: Ledger.schemaVersion)
  }

  func begin() async throws -> any BackupStream { try await writer.begin() }

  func makeFile() throws -> any BackupFile { try PrivateFile() }

  func read(_ file: any BackupFile) throws -> BackupContent {
    do {
      let reader = try BackupReader(file)
      return BackupContent(schema: reader.schema) { try reader.statements($0) }
    } catch let error as BackupError {
      throw ControlError.conflict("\(error)")
    }
  }
}
