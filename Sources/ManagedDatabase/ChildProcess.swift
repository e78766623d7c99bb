import CLinux
// Cancelling a source is safe from any thread, which its type does not say yet.
@preconcurrency import Dispatch
import Glibc

/// A process that was started here or found running, and that outlives this daemon if need be.
struct ChildProcess: Sendable {
  let identifier: pid_t
  /// False for a process that an earlier daemon started.
  let isOwnChild: Bool

  init(adopting identifier: pid_t) {
    self.identifier = identifier
    self.isOwnChild = false
  }

  /// Starts a program in a session of its own, so that a terminal's Ctrl-C does not reach it.
  /// - Parameter log: its output is appended to this file.
  init(_ path: String, _ arguments: [String], log: String) throws(ManagedDatabaseError) {
    let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw .unusable("cannot write the log \(log): \(Files.fault)") }
    defer { close(output) }
    var identifier: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [
      strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), strdup("LC_ALL=C.UTF-8"), nil,
    ]
    defer { for variable in environment { free(variable) } }
    let error = clinux_spawn_detached(&identifier, path, output, &words, &environment)
    guard error == 0 else {
      throw .failed("cannot start \(path): \(String(cString: strerror(error)))")
    }
    self.identifier = identifier
    self.isOwnChild = true
  }

  /// Whether the process still exists.
  var isAlive: Bool { kill(identifier, 0) == 0 || errno == EPERM }

  func signal(_ number: Int32) { _ = kill(identifier, number) }

  /// Returns when the process has ended, with its exit status; nil for one that is not our child,
  /// and when the task was cancelled first.
  func ended() async -> Int32? {
    let descriptor = clinux_pidfd_open(identifier)
    if descriptor >= 0 { await readable(descriptor) }
    guard isOwnChild, !Task.isCancelled else { return nil }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    return clinux_exit_status(status)
  }

  /// Waits until the descriptor is readable or the task is cancelled, and closes it.
  private func readable(_ descriptor: Int32) async {
    let source = DispatchSource.makeReadSource(
      fileDescriptor: descriptor, queue: DispatchQueue(label: "pointsd.process"))
    source.setEventHandler { source.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        source.setCancelHandler {
          close(descriptor)
          continuation.resume()
        }
        source.activate()
      }
    } onCancel: {
      source.cancel()
    }
  }
}
