import CLinux
import Glibc

/// An account whose rights decide about files.
///
/// Root works in directories of other accounts as their owner does: what it makes belongs to the
/// owner, and it reaches nothing through them that the owner could not reach.
package struct FileAccount: Sendable, Hashable {
  package let user: uid_t
  package let group: gid_t

  package init(user: uid_t, group: gid_t) {
    self.user = user
    self.group = group
  }

  /// Does `body` with this account's rights to files, on this thread. For all but root the rights
  /// are those of the process.
  package func act<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(FileError) -> Result {
    guard geteuid() == 0, user != 0 else { return try body() }
    guard clinux_set_file_account(user, group) == 0 else {
      clinux_set_file_account(0, getegid())
      throw FileError(
        "root may not work on files as \(accountName(user)) here (CAP_SETUID is missing); "
          + "run pointsd as that account")
    }
    defer { clinux_set_file_account(0, getegid()) }
    return try body()
  }
}
