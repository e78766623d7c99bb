import MariaDB
import Points

/// Puts the rows of a backup's statements into the tables beside the ledger, as values of prepared
/// statements.
struct RowInsertion {
  private let session: Session
  /// Of each table, by its columns' names in lower case: whether their values are calculated.
  private var generated: [String: [String: Bool]] = [:]
  /// Rows put in so far.
  private(set) var rows = 0

  /// Values gathered into one statement.
  private static let largestBatch = 4096
  private static let largestBatchInBytes = 1 << 20

  init(session: Session) {
    self.session = session
  }

  /// Puts in the rows of a backup.
  /// Throws `LedgerError.refused` for anything but INSERTs of literals into tables of the ledger.
  mutating func add(_ content: BackupContent) throws {
    do {
      try content.statements { try add($0) }
    } catch let error as DatabaseError {
      throw error
    } catch let error as LedgerError {
      throw error
    } catch {
      throw LedgerError.refused("the file cannot be restored: \(error); nothing was changed")
    }
  }

  private mutating func add(_ statement: [UInt8]) throws {
    do {
      var scanner = try RowScanner(statement)
      let kept = try keptColumns(of: scanner.target)
      var (waiting, bytes): ([[Value]], Int) = ([], 0)
      while let row = try scanner.next() {
        let values = kept.map { row[$0] }
        bytes += values.reduce(0) { $0 + $1.approximateSize }
        waiting.append(values)
        if waiting.count * kept.count >= Self.largestBatch || bytes >= Self.largestBatchInBytes {
          try insert(waiting, scanner.target, kept)
          (waiting, bytes) = ([], 0)
        }
      }
      try insert(waiting, scanner.target, kept)
    } catch let error as RowScanner.SyntaxError {
      throw LedgerError.refused(
        "the file has something that is no row of the ledger, \(error); nothing was changed")
    }
  }

  private mutating func insert(
    _ waiting: [[Value]], _ target: RowScanner.Target, _ kept: [Int]
  ) throws {
    rows += waiting.count
    let columns = kept.map { quotedIdentifier(target.columns[$0]) }.joined(separator: ", ")
    let placeholders = "(\(Statement.placeholders(kept.count)))"
    for piece in Batch.exact(waiting) {
      do {
        try session.execute(
          """
          INSERT INTO \(SideTables.Place.restoring.table(target.table)) (\(columns)) VALUES \
          \(Statement.repeated(placeholders, piece.count, separator: ", "))
          """, piece.flatMap { $0 })
      } catch let error as DatabaseError {
        guard error.isContradictedByRows || error.isRange else { throw error }
        throw LedgerError.refused(
          "the backup has a row of \(target.table) that cannot be, or that stands there twice:"
            + " \(error.message); nothing was changed")
      }
    }
  }

  /// The columns that values are put into: a calculated one calculates its own.
  private mutating func keptColumns(of target: RowScanner.Target) throws -> [Int] {
    let known = try generated[target.table] ?? columns(of: target.table)
    guard !known.isEmpty else {
      throw LedgerError.unavailable(
        "the tables beside the ledger are gone, as after an interruption of the database; nothing was"
          + " changed, restore again")
    }
    generated[target.table] = known
    return try target.columns.indices.filter { index in
      let column = target.columns[index]
      guard let isGenerated = known[column.lowercased()] else {
        throw LedgerError.refused(
          "the backup's \(target.table) has the column \(column), and this database's has none:"
            + " make it by ALTER TABLE \(target.table) ADD COLUMN \(quotedIdentifier(column)) … NULL and"
            + " restore again; nothing was changed")
      }
      return !isGenerated
    }
  }

  private func columns(of table: String) throws -> [String: Bool] {
    let columns = try session.query(
      """
      SELECT LOWER(column_name), is_generated = 'ALWAYS' FROM information_schema.columns \
      WHERE table_schema = DATABASE() AND table_name = ?
      """, [.text(SideTables.Place.restoring.table(table))],
      row: { (try $0.text(0), try $0.integer(1) != 0) })
    return Dictionary(columns, uniquingKeysWith: { first, _ in first })
  }
}

extension Value {
  fileprivate var approximateSize: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    case .null, .integer, .unsigned, .double: 8
    }
  }
}
