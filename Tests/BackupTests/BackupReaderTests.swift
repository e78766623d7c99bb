import Testing

@testable import Backup

/// What is taken for a backup, and what is read from one.
struct BackupReaderTests {
  private let rows = """
    DROP TABLE IF EXISTS `user_tracking`;
    CREATE TABLE `user_tracking` (
      `id` int(11) NOT NULL
    );
    INSERT INTO `user_tracking` (`id`, `user`) VALUES
    (1,'Afif'),
    (2,'a \\n line, a \\' and );');
    INSERT INTO `ledger_settings` (`name`, `value`) VALUES
    ('account','somebody');
    INSERT INTO `mysql`.`user` (`x`) VALUES (1);
    INSERT INTO `runs` (`id`) VALUES (1);
    SELECT SLEEP(10);

    """

  private func file(_ text: String) throws -> PrivateFile {
    let file = try PrivateFile()
    try file.append(Array(text.utf8))
    return file
  }

  private func whole(_ body: String, schema: Int = 2) throws -> String {
    let text = BackupFormat.firstLine(schema: schema) + body
    let digest = try Digest()
    digest.add(Array(text.utf8))
    return text + BackupFormat.lastLine(digest: digest.hexadecimal())
  }

  @Test func onlyRowsOfTheLedgerAreRead() throws {
    let reader = try BackupReader(try file(try whole(rows)))
    #expect(reader.schema == 2)
    var statements: [String] = []
    try reader.statements { statements.append(String(decoding: $0, as: UTF8.self)) }
    #expect(
      statements == [
        "INSERT INTO `user_tracking` (`id`, `user`) VALUES\n(1,'Afif'),\n"
          + "(2,'a \\n line, a \\' and );')",
        "INSERT INTO `runs` (`id`) VALUES (1)",
      ])
  }

  @Test func linesLongerThanAPieceAreWhole() throws {
    let long = String(repeating: "x", count: 1_000_000)
    let reader = try BackupReader(
      try file(try whole("INSERT INTO `operations` (`id`) VALUES ('\(long)');\n")))
    var lengths: [Int] = []
    try reader.statements { lengths.append($0.count) }
    #expect(lengths == [1_000_000 + 43])
  }

  @Test func digestIsTheStandards() throws {
    let digest = try Digest()
    digest.add(Array("abc".utf8))
    // FIPS 180-4, the example of one block.
    #expect(
      digest.hexadecimal()
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test(arguments: [
    ("", "it is empty"),
    ("-- MariaDB dump 10.19\n", "it does not begin as pointsctl backup writes it"),
    ("\u{0}\u{1}\u{2}", "it does not begin as pointsctl backup writes it"),
    ("-- pointsd backup, format 1, schema x\n", "it does not begin as pointsctl backup writes it"),
    ("-- pointsd backup, format 9, schema 2\n", "it has format 9, and this pointsd knows 1"),
    (
      "-- pointsd backup, format 1, schema 2\nINSERT\n",
      "it does not end as pointsctl backup writes it: it was cut off"
    ),
  ])
  func otherFilesAreRefused(text: String, reason: String) throws {
    let file = try file(text)
    #expect(throws: BackupError.foreign(reason)) { _ = try BackupReader(file) }
  }

  @Test func aFileCutOffAnywhereIsRefused() throws {
    let text = try whole(rows)
    for count in stride(from: 0, to: text.utf8.count, by: 7) {
      let cut = try file(String(text.prefix(count)))
      #expect(throws: BackupError.self, "\(count)") { _ = try BackupReader(cut) }
    }
  }

  @Test func aChangedByteIsRefused() throws {
    let text = try whole(rows).replacing("Afif", with: "Faiz")
    let changed = try file(text)
    #expect(
      throws: BackupError.foreign("its SHA-256 is not the one at its end: it was changed")
    ) { _ = try BackupReader(changed) }
  }

  @Test func aStatementWithoutAnEndIsRefused() throws {
    let reader = try BackupReader(try file(try whole("INSERT INTO `runs` (`id`) VALUES\n(1),\n")))
    #expect(throws: BackupError.foreign("its last statement has no end")) {
      try reader.statements { _ in }
    }
  }
}
