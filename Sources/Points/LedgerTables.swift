/// The names of the ledger's tables: the one list that migrations, backups, restores and checks
/// share, so that none of them forgets a table.
public enum LedgerTables {
  /// The ledger's rows: a backup holds them, and a restore exchanges them all in one statement.
  public static let exchanged = ["user_tracking", "runs", "adjustments", "intents", "operations"]
  /// What belongs to the database in use and stays when the ledger is exchanged. Backups hold it
  /// too, for people who load the file by hand.
  public static let kept = ["ledger_settings", "served"]
  /// All of them.
  public static let all = exchanged + kept
}
