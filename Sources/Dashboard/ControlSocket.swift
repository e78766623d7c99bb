import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The Unix socket on which commands reach the daemon. Whoever may write to it may change things,
/// so its mode is 0660 and its folder belongs to the daemon.
final class ControlSocket: Sendable {
  let path: String
  /// The file that this daemon made, by its number; nil before.
  private let own = Mutex<ino_t?>(nil)

  init(path: String) {
    self.path = path
  }

  /// The longest path that unix(7) allows, without the NUL behind it.
  static let longestPath = 107

  /// Makes the folder, and removes the socket that a dead daemon left behind.
  ///
  /// Throws `ControlSocketError` when somebody answers on the socket, when something else has its
  /// name, or when the folder cannot be made.
  func prepare() async throws {
    guard path.utf8.count <= Self.longestPath else {
      throw ControlSocketError(
        "control socket \(path): the path has \(path.utf8.count) bytes, \(Self.longestPath) are"
          + " possible; set control.socket to a shorter one")
    }
    try makeFolder()
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw ControlSocketError("control socket \(path): \(SystemMessage.text(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ControlSocketError(
        "control socket \(path): there is something else of that name; remove it or set"
          + " control.socket to another path")
    }
    guard await !isAnswered() else {
      throw ControlSocketError(
        "control socket \(path): another pointsd answers there; stop it first, or set"
          + " control.socket to another path",
        anotherDaemonAnswers: true)
    }
    guard unlink(path) == 0 || errno == ENOENT else {
      throw ControlSocketError(
        "control socket \(path): left by a daemon that is gone, and cannot be removed:"
          + " \(SystemMessage.text(errno))")
    }
  }

  /// Lets owner and group use the socket and nobody else.
  func restrict() throws {
    guard chmod(path, 0o660) == 0 else {
      throw ControlSocketError(
        "control socket \(path): its mode cannot be set to 0660: \(SystemMessage.text(errno))")
    }
    let file = fileNumber()
    own.withLock { $0 = file }
  }

  /// Removes the socket, unless a later daemon has put its own there.
  func remove() {
    guard let file = own.withLock({ $0 }), fileNumber() == file else { return }
    unlink(path)
  }

  private func fileNumber() -> ino_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_ino : nil
  }

  /// Whether somebody accepts connections there. Any doubt counts as yes: a live daemon's socket
  /// must not be taken away.
  private func isAnswered() async -> Bool {
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
    } catch {
      return true
    }
  }

  private func makeFolder() throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    var made = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      made += part + "/"
      guard !part.isEmpty, mkdir(made, 0o750) != 0 else { continue }
      let reason = errno
      var status = stat()
      let isFolder = stat(made, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      guard !isFolder else { continue }
      throw ControlSocketError(
        "control socket \(path): the folder \(made) cannot be made: \(SystemMessage.text(reason))")
    }
  }
}
