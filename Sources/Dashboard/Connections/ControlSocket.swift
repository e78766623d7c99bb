import CLinux
import Files
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import SystemPackage

/// The Unix socket on which commands reach the daemon. An account that may write to it may change
/// things, so its mode is 0600, or 0660 for a group that the configuration names.
///
/// It is bound in a folder that is this daemon's alone, gets its group and mode there, and is then
/// moved to its place: it is never wider open than it should be.
final class ControlSocket: Sendable {
  let path: String
  private let group: String?
  private let state = Mutex(State())

  private struct State {
    var folder: Directory?
    /// The private folder, while the socket is in it.
    var side: Side?
    /// The file that this daemon made, by its number; nil before.
    var own: ino_t?
  }

  /// A folder that nobody but this process's account can enter.
  private struct Side {
    let name: String
    let descriptor: Descriptor
  }

  /// - Parameter group: the group of the operating system that may use it; nil for none.
  init(path: String, group: String? = nil) {
    self.path = path
    self.group = group
  }

  /// The longest path that unix(7) allows, without the NUL behind it.
  static let longestPath = 107

  private var name: String { Directory.split(path).name }

  /// Makes the folder, and removes the socket that a dead daemon left behind.
  ///
  /// Throws `ControlSocketError` when another daemon answers on the socket, when something else has
  /// its name, or when the folder cannot be made.
  func prepare() async throws {
    try checkLength()
    let folder = try openFolder()
    if folder.contains(name) {
      try checkName(in: folder)
      guard try await !isAnswered() else {
        throw ControlSocketError(
          "control socket \(path): another pointsd answers there; stop it first, or set"
            + " control.socket to another path. Who runs in that one is changed by pointsctl start and"
            + " stop",
          anotherDaemonAnswers: true)
      }
      try remove(name, from: folder)
    }
    removeLeftFolders(in: folder)
    state.withLock { $0.folder = folder }
  }

  /// Throws what `prepare` would for the path, and makes nothing. Whether a daemon answers there is
  /// not asked: who checks a configuration may have one that runs by it.
  func check() throws(ControlSocketError) {
    try checkLength()
    do {
      if let folder = try Directory.lookingWhether(Directory.split(path).folder) {
        try checkName(in: folder)
      }
    } catch let error as ControlSocketError {
      throw error
    } catch {
      throw ControlSocketError("control socket \(path): its folder cannot be used: \(error)")
    }
  }

  private func checkLength() throws(ControlSocketError) {
    guard path.utf8.count <= Self.longestPath else {
      throw ControlSocketError(
        "control socket \(path): the path has \(path.utf8.count) bytes, \(Self.longestPath) are"
          + " possible; set control.socket to a shorter one")
    }
  }

  private func checkName(in folder: Directory) throws(ControlSocketError) {
    guard let status = folder.status(name), status.st_mode & S_IFMT != S_IFSOCK else { return }
    throw ControlSocketError(
      "control socket \(path): there is something else of that name; remove it or set"
        + " control.socket to another path")
  }

  private func openFolder() throws -> Directory {
    do {
      // A group has to get through it.
      return try Directory(Directory.split(path).folder, making: group == nil ? 0o750 : 0o755)
    } catch {
      throw ControlSocketError("control socket \(path): its folder cannot be used: \(error)")
    }
  }

  private func remove(_ name: String, from folder: Directory) throws {
    do {
      try folder.remove(name)
    } catch {
      throw ControlSocketError(
        "control socket \(path): left by a daemon that is gone, and cannot be removed: \(error)")
    }
  }

  private var sidePrefix: String { ".\(name.prefix(40)).new." }

  /// What a daemon left that was killed between binding and publishing.
  private func removeLeftFolders(in folder: Directory) {
    for side in (try? folder.names()) ?? [] where side.hasPrefix(sidePrefix) {
      let opened = openat(
        folder.descriptor.number, side, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      var status = stat()
      if opened >= 0, fstat(opened, &status) == 0, status.st_uid == geteuid() {
        unlinkat(opened, name, 0)
        unlinkat(folder.descriptor.number, side, AT_REMOVEDIR)
      }
      if opened >= 0 { close(opened) }
    }
  }

  /// Makes the private folder.
  /// - Returns: where to bind the socket.
  func placeToBind() throws -> String {
    guard let folder = state.withLock({ $0.folder }) else {
      throw ControlSocketError("control socket \(path): not prepared")
    }
    discard()
    let side = sidePrefix + String(UInt32.random(in: .min ... .max), radix: 36)
    let number = folder.descriptor.number
    guard mkdirat(number, side, 0o700) == 0 else {
      throw failure("its folder cannot be written to")
    }
    let opened = openat(number, side, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard opened >= 0 else {
      unlinkat(number, side, AT_REMOVEDIR)
      throw failure("its folder cannot be read")
    }
    state.withLock { $0.side = Side(name: side, descriptor: Descriptor(opened)) }
    // By the descriptor: short, and the same folder whatever the others are renamed to.
    return "/proc/self/fd/\(opened)/\(name)"
  }

  /// Gives a file to a group, unless it is the group's: in the sandbox of the installed service no
  /// owner may be changed, and the socket is of the service's own group as it is made.
  private func give(_ name: String, in folder: Int32, to group: gid_t) -> Bool {
    var status = stat()
    guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
    return status.st_gid == group
      || fchownat(folder, name, uid_t.max, group, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Gives the bound socket its group and mode, and puts it in its place.
  func publish() throws {
    let (folder, side) = state.withLock { state in (state.folder, state.side) }
    guard let folder, let side else { return }
    defer { discard() }
    let (number, place) = (side.descriptor.number, folder.descriptor.number)
    var mode: mode_t = 0o600
    if let group {
      guard give(name, in: number, to: try Self.identifier(of: group)) else {
        throw failure("it cannot be given to the group \(group)", advice: Self.advice(on: group))
      }
      mode = 0o660
    }
    // The folder is this process's alone: what has the name is what was bound.
    guard fchmodat(number, name, mode, 0) == 0 else { throw failure("its mode cannot be set") }
    var status = stat()
    guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
      clinux_rename_new(number, name, place, name) == 0
        // A file system that cannot rename so: then by a second name, which replaces nothing either.
        || errno == EINVAL && linkat(number, name, place, name, 0) == 0
    else { throw failure("it cannot be put in its place") }
    state.withLock { $0.own = status.st_ino }
  }

  /// Removes the private folder, if there is one.
  func discard() {
    let (folder, side) = state.withLock { state in (state.folder, state.side.take()) }
    guard let folder, let side else { return }
    unlinkat(side.descriptor.number, name, 0)
    unlinkat(folder.descriptor.number, side.name, AT_REMOVEDIR)
  }

  /// Removes the socket, unless a later daemon has put its own there.
  func remove() {
    discard()
    let (folder, own) = state.withLock { ($0.folder, $0.own) }
    guard let folder, let own, folder.status(name)?.st_ino == own else { return }
    unlinkat(folder.descriptor.number, name, 0)
  }

  private static func identifier(of group: String) throws -> gid_t {
    guard let entry = getgrnam(group) else {
      throw ControlSocketError("control.group: this machine has no group \(group)")
    }
    return entry.pointee.gr_gid
  }

  /// What an operator does when the socket may not be given to a group.
  private static func advice(on group: String) -> String {
    "; pointsd has to be a member of it, and the installed service needs leave: systemctl edit pointsd,"
      + " and below [Service] SupplementaryGroups=\(group) and SystemCallFilter=@chown"
  }

  /// - Parameter advice: evaluated behind the system's reason.
  private func failure(
    _ text: String, advice: @autoclosure () -> String = ""
  ) -> ControlSocketError {
    let reason = Errno(rawValue: errno)
    return ControlSocketError("control socket \(path): \(text): \(reason)\(advice())")
  }

  /// Whether a daemon accepts connections there. Any doubt counts as yes: a live daemon's socket
  /// must not be taken away.
  private func isAnswered() async throws -> Bool {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(2))
    do {
      let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
      try await channel.close()
      return true
    } catch let error as IOError where error.errnoCode == ECONNREFUSED {
      return false
    } catch let error as IOError where error.errnoCode == ENOENT {
      return false
    } catch let error as IOError where error.errnoCode == EACCES {
      throw ControlSocketError(
        "control socket \(path): it belongs to another account, as after a run under sudo that was"
          + " killed, and cannot be asked; if no pointsd runs there, remove it")
    } catch {
      return true
    }
  }
}
