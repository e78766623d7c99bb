import Files
import Glibc
import Logging

extension ManagedDatabase {
  /// Makes a new database beside its place and moves it there when it is whole.
  func initialise() async throws {
    logger.info("making a new database in \(layout.data)", metadata: ["event": "database"])
    await endInstallers()
    // A place that no earlier attempt writes to.
    let side =
      DatabaseLayout.Name.unfinishedPrefix + ".\(getpid())."
      + String(UInt32.random(in: .min ... .max), radix: 36)
    _ = try layout.directory.directory(side, making: 0o700)
    logOffset = layout.logSize
    // The script splits what it passes on at blanks, so the temporary folder goes by the environment.
    // --force: it would ask for the host's name, which a container may not resolve.
    let child = try start(
      programs.install,
      [
        "--no-defaults", "--datadir=\(layout.directory.path(of: side))", "--force",
        "--auth-root-authentication-method=socket", "--auth-root-socket-user=\(administrator)",
        "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=32M",
      ], environment: ["TMPDIR": layout.temporary])
    guard try await child.endedOrKilled() == .status(0) else {
      throw ManagedDatabaseError.failed("mariadb-install-db failed: \(logReason(.first))")
    }
    try layout.directory.rename(side, to: DatabaseLayout.Name.data)
  }

  /// Ends what a killed daemon's attempt left running: it makes what nobody will use.
  private func endInstallers() async {
    let user = layout.directory.account.user
    for installer in RunningServer.installers(unfinished: layout.unfinished, owner: user) {
      // One that has ended meanwhile needs nothing.
      guard let process = try? ChildProcess(adopting: installer.identifier) else { continue }
      process.signal(SIGKILL)
      _ = try? await process.ended()
    }
  }

  /// Removes what interrupted attempts left. What cannot be removed now is left to the next start.
  func removeUnfinished() async {
    let names = (try? layout.directory.names()) ?? []
    for name in names where name.hasPrefix(DatabaseLayout.Name.unfinishedPrefix) {
      await endInstallers()
      let path = layout.directory.path(of: name)
      do {
        let ending = try await start("/bin/rm", ["-rf", "--", path]).endedOrKilled()
        if ending == .status(0) { continue }
        logger.notice(
          "cannot remove \(path), which an interrupted start left; the next start tries again",
          metadata: ["event": "database"])
      } catch {
        logger.notice("cannot remove \(path): \(error)", metadata: ["event": "database"])
      }
    }
  }
}
