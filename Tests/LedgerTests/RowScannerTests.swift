import MariaDB
import Testing

@testable import Ledger

/// What is taken for rows of a backup, and what is not.
struct RowScannerTests {
  private func rows(_ statement: String) throws -> [[Value]] {
    var scanner = try RowScanner(Array(statement.utf8))
    var rows: [[Value]] = []
    while let row = try scanner.next() { rows.append(row) }
    return rows
  }

  private let head = "INSERT INTO `runs` (`id`, `a``b`) VALUES "

  @Test func readsLiterals() throws {
    let statement = Array((head + "(1,'x'),\n(-2,NULL) ;\n").utf8)
    #expect(
      try RowScanner(statement).target
        == RowScanner.Target(table: "runs", columns: ["id", "a`b"]))
    #expect(try rows(head + "(1,'x'),\n(-2,NULL) ;\n") == [[1, "x"], [-2, nil]])
    #expect(
      try rows(head + #"(9223372036854775808,'it''s \'\\\n\0\Z\%')"#)
        == [["9223372036854775808", "it's '\\\n\0\u{1A}%"]])
    #expect(try rows(head + "(1.50,-1e-7)") == [["1.50", "-1e-7"]])
    #expect(
      try rows(head + #"(0x00fF,_binary 'a\\')"#) == [[.bytes([0, 255]), .bytes([97, 92])]])
  }

  @Test(arguments: [
    "(1,2", "(1,2)(3,4)", "(1,2),", "(1,2);;", "(1,2) -- x", "(1,2) /* x */", "(1,2)#",
    "(1,SLEEP(1))", "(1,@@version)", "(1,\"x\")", "(1,'x' 'y')", "(1,'x", "(1,'x\\", "(1,1+1)",
    "(1,- 1)", "(1,--1)", "(1,1.)x", "(1,1e)", "(1,0x)", "(1,0xF)", "(1,x'41')", "(1,DEFAULT)",
    "(1,null)", "(1,NULLX)", "(1,TRUE)", "(1,_utf8 'x')", "(1,`id`)", "(1)", "(1,2,3)", "", "()",
    "(,)", "SELECT 1, 2", "(1,\u{A0}2)",
  ])
  func refusesEverythingElse(_ text: String) {
    #expect(throws: RowScanner.SyntaxError.self) { try rows(head + text) }
  }

  @Test(arguments: [
    "INSERT IGNORE INTO `runs` (`id`) VALUES (1)", "INSERT INTO runs (`id`) VALUES (1)",
    "INSERT INTO `mysql`.`user` (`id`) VALUES (1)", "INSERT INTO `runs` VALUES (1)",
    "INSERT INTO `runs` (`id`,`id`) VALUES (1,1)", "REPLACE INTO `runs` (`id`) VALUES (1)",
    "INSERT INTO `ledger_settings` (`name`) VALUES ('x')", "INSERT INTO `runs` (`id) VALUES (1)",
    "INSERT INTO `runs` (`id`) VALUE (1)", "INSERTINTO", "",
  ])
  func refusesOtherHeads(_ statement: String) {
    #expect(throws: RowScanner.SyntaxError.self) { try rows(statement) }
  }

  /// Texts made of the pieces that matter: none is a trap, and what is taken for rows is rows of as
  /// many values as columns.
  @Test func survivesAnyText() {
    let pieces = [
      "'", "\\", "(", ")", ",", ";", "`", "1", "-", ".", "e", "0x", "NULL", "_binary", " ", "\n",
      "a", "\u{0}", "é", "/*", "#", "INSERT INTO `runs` (`id`, `b`) VALUES ",
    ]
    var state: UInt64 = 20_261_126
    var taken = 0
    for _ in 0..<20_000 {
      var text = head
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int((state >> 33) % UInt64(pieces.count))]
      }
      guard let rows = try? rows(text) else { continue }
      taken += 1
      #expect(!rows.isEmpty && rows.allSatisfy { $0.count == 2 })
    }
    #expect(taken < 20_000)
    // One edit of a whole statement.
    let whole = Array((head + "(1,'x\\n'),(2.5,0xff),(-3,NULL);").utf8)
    for index in whole.indices {
      for byte in [0, 0x27, 0x5C, 0x28, 0x29, 0x2C, 0x60, 0xFF] as [UInt8] {
        var edited = whole
        edited[index] = byte
        guard var scanner = try? RowScanner(edited) else { continue }
        while let row = try? scanner.next() { #expect(row.count == scanner.target.columns.count) }
      }
    }
  }
}
