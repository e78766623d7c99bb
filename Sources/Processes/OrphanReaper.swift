import CLinux
import Glibc
import Synchronization

/// Collects the ended processes that nobody else collects, where this process is the first of its
/// machine or container: there the children of processes that ended become its own, and stay in the
/// list of processes until it asks for their status.
package enum OrphanReaper {
  /// Children that were started here and whose starter asks for their status.
  private static let own = Mutex<Set<pid_t>>([])

  /// Whether this process is the one that has to do it.
  package static var isNeeded: Bool { getpid() == 1 }

  /// Runs `start` so that the child it starts is known before it can be taken for an orphan.
  /// - Parameter start: returns the child's number.
  static func register<Failure: Error>(
    _ start: () throws(Failure) -> pid_t
  ) throws(Failure) -> pid_t {
    let result = own.withLock { own -> Result<pid_t, Failure> in
      do throws(Failure) {
        let child = try start()
        own.insert(child)
        return .success(child)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The status of a child that was started here is known.
  package static func forget(_ child: pid_t) {
    _ = own.withLock { $0.remove(child) }
    // It may have stood before orphans.
    if isNeeded { collect() }
  }

  /// Collects all orphans that have ended; to be called at each SIGCHLD.
  package static func collect() {
    own.withLock { own in
      while true {
        let child = clinux_ended_child()
        // One of our own is collected by who started it, which calls this again.
        guard child > 0, !own.contains(child) else { return }
        waitpid(child, nil, WNOHANG)
      }
    }
  }
}
