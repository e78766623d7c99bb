import CLinux
import Files
import Glibc
import JSONText
import NIOCore
import Synchronization

/// A control socket whose owner was looked at, held so that what was looked at is what is spoken to.
///
/// An account that makes a socket where it is searched for would get what is sent, and its texts
/// would be taken for the daemon's. The file's owner is who bound the socket: only root can give it
/// to another account.
final class TrustedSocket: Sendable {
  private let file: Descriptor
  private let identity: Identity

  private struct Identity: Hashable {
    let device: dev_t
    let number: ino_t
  }

  /// The last one of each path, so that connections are kept.
  private static let known = Mutex<[String: TrustedSocket]>([:])

  /// Where to connect to reach the socket at `path`, or why it is not spoken to.
  static func address(_ path: String) throws(CommandFault) -> String {
    let socket = try TrustedSocket(path)
    return known.withLock { known in
      let same = known[path].flatMap { $0.identity == socket.identity ? $0 : nil } ?? socket
      known[path] = same
      return "/proc/self/fd/\(same.file.number)"
    }
  }

  private init(_ path: String) throws(CommandFault) {
    func fault() -> CommandFault {
      APIFault.unreachable(.socket(path), IOError(errnoCode: errno, reason: "open"))
    }
    // Links are followed here, once.
    guard let resolved = realpath(path, nil) else { throw fault() }
    defer { free(resolved) }
    let descriptor = open(resolved, clinux_path_only | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault() }
    file = Descriptor(descriptor)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fault() }
    identity = Identity(device: status.st_dev, number: status.st_ino)
    let folders = Self.folders(above: String(cString: resolved))
    guard SocketTrust.isTrusted(owner: status.st_uid, by: geteuid(), folders: folders) else {
      throw SocketTrust.refusal(of: path, owner: status.st_uid)
    }
  }

  /// The folders above a path, from the one it lies in up to the root.
  private static func folders(above path: String) -> [SocketTrust.Folder] {
    var parts = path.split(separator: "/")
    var folders: [SocketTrust.Folder] = []
    while parts.popLast() != nil {
      var status = stat()
      guard lstat("/" + parts.joined(separator: "/"), &status) == 0 else { return [] }
      folders.append(
        .init(owner: status.st_uid, isOpenToOthers: status.st_mode & (S_IWGRP | S_IWOTH) != 0))
    }
    return folders
  }
}

/// Which sockets are spoken to.
enum SocketTrust {
  struct Folder {
    let owner: uid_t
    /// Whether others than the owner may make something in it.
    let isOpenToOthers: Bool
  }

  /// Root's and one's own; and that of an account for which root made the folder it lies in, as
  /// `/run/pointsd` for the service: nobody else can have put it there.
  /// - Parameter folders: from the one it lies in up to the root.
  static func isTrusted(owner: uid_t, by account: uid_t, folders: [Folder]) -> Bool {
    if owner == 0 || owner == account { return true }
    guard let folder = folders.first else { return false }
    return (folder.owner == owner || folder.owner == 0) && !folder.isOpenToOthers
      && folders.dropFirst().allSatisfy { $0.owner == 0 && !$0.isOpenToOthers }
  }

  static func refusal(of path: String, owner: uid_t) -> CommandFault {
    let (owner, account) = (accountName(owner), accountName(geteuid()))
    return CommandFault(
      .permission,
      "the control socket \(excerpt(path, limit: 200)) belongs to \(owner), and you are \(account): "
        + "nothing was sent, since another account could have put it there. If it is the daemon that "
        + "you mean, run pointsctl as \(owner), or keep the socket in a folder that root made for "
        + "\(owner) below folders of root's own, such as /run/pointsd")
  }
}
