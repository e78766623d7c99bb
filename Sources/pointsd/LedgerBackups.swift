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

  func write() async throws -> any BackupFile {
    do {
      return try await writer.write()
    } catch let error as BackupError {
      throw ControlError.failed("\(error)")
    }
  }

  func makeFile() throws -> any BackupFile {
    do {
      return try PrivateFile()
    } catch {
      throw ControlError.failed("\(error)")
    }
  }

  func read(_ file: any BackupFile) throws -> BackupContent {
    do {
      let reader = try BackupReader(file)
      return BackupContent(schema: reader.schema) { try reader.statements($0) }
    } catch {
      throw ControlError.conflict("\(error)")
    }
  }
}
