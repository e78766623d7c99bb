import Files
import Logging

extension ManagedDatabase {
  /// Refuses data that a newer MariaDB wrote: opening it with an older one may destroy it.
  func refuseNewerVersion() throws {
    guard let written = writtenVersion, let installed = programs.version else { return }
    guard written <= installed else {
      throw ManagedDatabaseError.unusable(
        "\(layout.data) was written by MariaDB \(written), and \(installed) is installed; "
          + "install MariaDB \(written) or newer; nothing was touched")
    }
  }

  /// The version of the data when it is older than the installed server; else nil.
  var versionToUpgrade: ServerVersion? {
    guard let written = writtenVersion, let installed = programs.version, written < installed else {
      return nil
    }
    return written
  }

  /// Brings an older database's system tables to the installed version.
  func upgrade(from written: ServerVersion) async throws {
    logger.notice(
      "upgrading the database from MariaDB \(written)", metadata: ["event": "database"])
    logOffset = layout.logSize
    // As the owner of the data, since it writes the version there.
    let child = try start(
      programs.upgrade, ["--no-defaults", "--socket=\(layout.socket)", "--user=\(owner)"])
    guard try await child.endedOrKilled() == .status(0) else {
      throw ManagedDatabaseError.failed("mariadb-upgrade failed: \(logReason(.first))")
    }
  }

  /// The version that the data was last brought to; nil for data that was never marked.
  private var writtenVersion: ServerVersion? {
    guard let data = layout.dataDirectory else { return nil }
    return DatabaseLayout.Name.versionMarks.lazy.compactMap { data.text($0) }
      .compactMap { ServerVersion($0) }.first
  }
}

/// A series of MariaDB, such as 10.11; data files differ between series only.
package struct ServerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let major: Int
  package let minor: Int

  /// - Parameter text: a text in which a version such as `10.11.6-MariaDB` comes first.
  init?(_ text: some StringProtocol) {
    let digits = text.drop { !$0.isNumber }
    let parts = digits.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap {
      Int($0)
    }
    guard parts.count >= 2 else { return nil }
    self.major = parts[0]
    self.minor = parts[1]
  }

  /// - Parameter text: what `mariadbd --version` prints: the version is behind the word Ver. Warnings
  ///   may come first, such as that there is no network device.
  package init?(programOutput text: String) {
    guard let word = text.firstRange(of: " Ver ") else { return nil }
    self.init(text[word.upperBound...])
  }

  package static func < (left: ServerVersion, right: ServerVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }

  package var description: String { "\(major).\(minor)" }
}
