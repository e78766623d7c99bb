import Testing

@testable import ManagedDatabase

@Suite("What a log says of a failure") struct LogExcerptTests {
  @Test func markedLinesComeFirst() {
    let text = """
      2026-01-12 0 [Note] starting
      2026-01-12 0 [ERROR] InnoDB: The data file './ibdata1' is too small
      2026-01-12 0 [Note] more
      2026-01-12 0 [ERROR] Aborting
      """
    #expect(
      LogExcerpt.reason(in: text, unmarked: .last)
        == "2026-01-12 0 [ERROR] InnoDB: The data file './ibdata1' is too small"
        + " / 2026-01-12 0 [ERROR] Aborting")
  }

  /// What mariadb-install-db says where no host name resolves.
  @Test func aScriptsReasonIsItsBeginning() {
    let text = """
      Neither host 'nowhere' nor 'localhost' could be looked up with
      '/usr/bin/resolveip'
      Please configure the 'hostname' command to return a correct
      hostname.
      If you want to solve this at a later stage, restart this script
      with the --force option

      The latest information about mysql_install_db is available at
      https://mariadb.com/docs/server/
      """
    let reason = LogExcerpt.reason(in: text, unmarked: .first)
    #expect(reason.hasPrefix("Neither host 'nowhere' nor 'localhost' could be looked up"))
    #expect(!reason.contains("latest information"))
  }

  @Test func aServersLastWordsAreItsReason() {
    let reason = LogExcerpt.reason(in: "a\nb\nc\nd\n\ne\n", unmarked: .last)
    #expect(reason == "b / c / d / e")
    #expect(LogExcerpt.reason(in: "", unmarked: .last) == "nothing")
  }
}
