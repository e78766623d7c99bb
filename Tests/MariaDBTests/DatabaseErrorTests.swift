import MariaDB
import Testing

@Suite("Error classes")
struct DatabaseErrorTests {
  @Test(arguments: [
    (1213, DatabaseError.Kind.notDone), (1020, .notDone), (1205, .notDone), (1040, .notDone),
    (1047, .notDone), (2002, .notDone), (2003, .notDone), (2005, .notDone), (1317, .notDone),
    (1969, .notDone), (1243, .notDone),
    (2006, .unknown), (2013, .unknown), (2026, .unknown), (1053, .unknown), (1927, .unknown),
    (2055, .unknown),
    (1180, .unknown),
    (1062, .alreadyDone),
    (1064, .never), (1142, .never), (1044, .never), (1045, .never), (1264, .never), (1690, .never),
    (1146, .never), (1048, .never), (2014, .never), (0, .never), (99_999, .never),
  ])
  func kindOfAStatementsError(code: Int, kind: DatabaseError.Kind) {
    #expect(DatabaseError(code: code, message: "").kind == kind)
  }

  @Test(
    "Nothing was asked before the login was through", arguments: [2006, 2013, 2026, 1053, 2055])
  func lostWhileConnecting(code: Int) {
    #expect(DatabaseError(code: code, message: "", phase: .connecting).kind == .notDone)
  }

  @Test(
    "An interrupted COMMIT may have been done",
    arguments: [(1317, DatabaseError.Kind.unknown), (1969, .unknown), (1213, .notDone)])
  func interruptedCommit(code: Int, kind: DatabaseError.Kind) {
    #expect(DatabaseError(code: code, message: "", phase: .committing).kind == kind)
  }

  @Test(arguments: [
    (2006, true), (2013, true), (2026, true), (1927, true), (1053, true), (1205, false), (0, false),
  ])
  func whatEndsTheConnection(code: Int, ends: Bool) {
    #expect(DatabaseError(code: code, message: "").endsConnection == ends)
  }

  @Test func theStatementIsShownShortAndOnOneLine() {
    let statement = "SELECT\n    1,\n" + String(repeating: " 2,", count: 100)
    let error = DatabaseError(code: 1064, message: "syntax", statement: statement)
    #expect(error.statement?.hasPrefix("SELECT 1, 2, 2,") == true)
    #expect(error.statement?.count == 120)
    #expect(error.description.hasPrefix("syntax (MariaDB error 1064) in: SELECT 1, 2"))
  }
}
