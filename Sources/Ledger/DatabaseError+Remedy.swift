import MariaDB

extension DatabaseError {
  /// What an administrator must do on the server, with the statement, for refusals that end when it is done;
  /// nil for others. The daemon waits meanwhile.
  var remedy: String? {
    switch code {
    case 1419:
      "the server has a binary log and lets only privileged accounts make triggers. As root in SQL:"
        + " SET GLOBAL log_bin_trust_function_creators = 1; and in its option file, for restarts:"
        + " log_bin_trust_function_creators = ON"
    case 1290, 1836:
      "the server is read-only. As root in SQL: SET GLOBAL read_only = 0; or name the server that is"
        + " written to in database.hosts"
    case 1044, 1142, 1143, 1227, 1370:
      "the account lacks a right. As root in SQL: GRANT ALL ON the schema, as the guide has it"
    case 1045, 1130, 1251, 1698:
      "the server does not let the account in: correct the account, its password or database.user"
    case 1449:
      "a trigger or view runs as an account that was dropped. pointsd makes its own triggers again at"
        + " its start; drop or replace those of others"
    case 1146, 1932:
      "a table is missing. If it was dropped, restart pointsd, which makes it again from the ledger"
        + " where that is possible"
    default: nil
    }
  }
}
