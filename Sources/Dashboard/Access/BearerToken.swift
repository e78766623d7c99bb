import Glibc
import Logging
import Synchronization

/// Where the token that allows changes comes from: `http.tokenFile`.
public struct TokenSource: Sendable {
  let path: String
  let read: @Sendable () throws -> String
  /// What it held at start.
  let initial: String

  /// Reads the token once.
  /// - Parameters:
  ///   - path: the file, which is looked at for changes.
  ///   - read: the token in it, without the end of the line, or an error for the operator.
  public init(path: String, read: @escaping @Sendable () throws -> String) throws {
    self.init(path: path, initial: try read(), read: read)
  }

  init(path: String, initial: String, read: @escaping @Sendable () throws -> String) {
    self.path = path
    self.read = read
    self.initial = initial
  }
}

/// The token in force. Its file is read again when it changes; a file that cannot be read, or holds
/// no token, leaves the one before in force, and the log says so.
final class BearerToken: Sendable {
  /// Distinguishes two contents of a file without reading them.
  private struct Version: Equatable {
    let device: dev_t
    let inode: ino_t
    let size: off_t
    let modified: [Int]
    let changed: [Int]

    init?(of path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      self.device = status.st_dev
      self.inode = status.st_ino
      self.size = status.st_size
      self.modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      self.changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  private struct State {
    var token: [UInt8]
    var version: Version?
  }

  private let source: TokenSource
  private let logger: Logger
  private let state: Mutex<State>

  init(_ source: TokenSource, logger: Logger) {
    self.source = source
    self.logger = logger
    // Without a version the first use reads it: the file may have changed since the start.
    self.state = Mutex(State(token: Array(source.initial.utf8), version: nil))
  }

  /// Whether `given` is the token, in a time that does not depend on how much of it is right.
  func matches(_ given: String) -> Bool {
    let token = state.withLock { state in
      refresh(&state)
      return state.token
    }
    return SecretBytes.equal(token, Array(given.trimmingBlanks.utf8))
  }

  private func refresh(_ state: inout State) {
    // First the version, then the content: what changes in between is read at the next use.
    let version = Version(of: source.path)
    guard version == nil || version != state.version else { return }
    let wasMissing = version == nil && state.version == nil
    state.version = version
    do {
      let token = Array(try source.read().utf8)
      guard token != state.token else { return }
      state.token = token
      logger.notice("http.tokenFile has changed: the new token is in force", metadata: event)
    } catch  where !wasMissing {
      logger.error(
        "http.tokenFile: \(error); the token that was read before stays in force", metadata: event)
    } catch {
      // Said when it went missing.
    }
  }

  private var event: Logger.Metadata { ["event": "token"] }
}
