import CLinux
import Dispatch
import Files
import Glibc
import Processes
import Synchronization
import SystemPackage

/// A process that was started here or found running, and that outlives this daemon if need be.
///
/// It is held by a descriptor of the process, not by its number, which the system may give to
/// another one.
package final class ChildProcess: Sendable {
  /// How the process ended.
  package enum Ending: Sendable, Hashable {
    /// The exit status, 128 and the number of the signal for one that was killed.
    case status(Int32)
    /// Not a child of ours, so the system does not say.
    case unknown
  }

  private enum State {
    case running(waiters: [Int: CheckedContinuation<Ending?, Never>], nextWaiter: Int)
    case ended(Ending)
  }

  package let identifier: pid_t
  /// False for a process that an earlier daemon started.
  package let isOwnChild: Bool
  private let descriptor: Int32
  private let state = Mutex(State.running(waiters: [:], nextWaiter: 0))

  /// Watches a process that runs already. Throws when there is none of this number.
  package init(adopting identifier: pid_t) throws(ManagedDatabaseError) {
    let descriptor = clinux_pidfd_open(identifier)
    guard descriptor >= 0 else {
      throw .failed(
        "cannot watch process \(identifier): \(Errno(rawValue: errno))")
    }
    self.identifier = identifier
    self.isOwnChild = false
    self.descriptor = descriptor
    watch()
  }

  /// Starts a program.
  package init(_ program: Program) throws(ManagedDatabaseError) {
    let identifier: pid_t
    do throws(Program.Failure) {
      identifier = try program.start()
    } catch {
      throw .failed("cannot start \(program.path): \(error)")
    }
    let descriptor = clinux_pidfd_open(identifier)
    guard descriptor >= 0 else {
      let reason = Errno(rawValue: errno).description
      kill(identifier, SIGTERM)
      OrphanReaper.forget(identifier)
      throw .failed(
        "cannot watch \(program.path) (process \(identifier)), asked it to end: \(reason)")
    }
    self.identifier = identifier
    self.isOwnChild = true
    self.descriptor = descriptor
    watch()
  }

  /// Starts a program whose output is appended to a file.
  package convenience init(
    _ path: String, _ arguments: [String], log: String
  ) throws(ManagedDatabaseError) {
    let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard output >= 0 else {
      throw .unusable("cannot write the log \(log): \(Errno(rawValue: errno))")
    }
    try self.init(Program(path, arguments, output: Descriptor(output)))
  }

  /// Whether the process still runs, as far as is known.
  package var isAlive: Bool {
    state.withLock { if case .running = $0 { true } else { false } }
  }

  /// Sends a signal; to a process that has ended, nothing.
  package func signal(_ number: Int32) {
    state.withLock {
      // While the state is `running` the descriptor is open.
      if case .running = $0 { _ = clinux_pidfd_signal(descriptor, number) }
    }
  }

  /// Sends a signal to the process and to what it started itself.
  package func signalGroup(_ number: Int32) {
    state.withLock {
      // Not reaped yet, so the number is still its own; `init` made it the leader of its group.
      if case .running = $0, isOwnChild { _ = kill(-identifier, number) }
    }
  }

  /// Returns when the process has ended; throws `CancellationError` when the task is cancelled
  /// first.
  @discardableResult
  package func ended() async throws -> Ending {
    let number = state.withLock { state -> Int? in
      guard case .running(let waiters, let number) = state else { return nil }
      state = .running(waiters: waiters, nextWaiter: number + 1)
      return number
    }
    let ending = await withTaskCancellationHandler {
      await withCheckedContinuation { wait(with: $0, number: number) }
    } onCancel: {
      if let number { giveUp(number) }
    }
    guard let ending else { throw CancellationError() }
    return ending
  }

  /// Returns when the process has ended. When the task is cancelled first, the process and what it
  /// started are killed; their end is waited for and `CancellationError` thrown.
  package func endedOrKilled() async throws -> Ending {
    do {
      return try await ended()
    } catch {
      signalGroup(SIGKILL)
      // A task of its own: this one is cancelled and waits for nothing any more.
      await Task { _ = try? await ended() }.value
      throw error
    }
  }

  private func wait(with continuation: CheckedContinuation<Ending?, Never>, number: Int?) {
    let known = state.withLock { state -> Ending?? in
      switch state {
      case .ended(let ending):
        return .some(ending)
      case .running(var waiters, let next):
        if Task.isCancelled { return .some(nil) }
        if let number { waiters[number] = continuation }
        state = .running(waiters: waiters, nextWaiter: next)
        return nil
      }
    }
    if let known { continuation.resume(returning: known) }
  }

  private func giveUp(_ number: Int) {
    let continuation = state.withLock { state -> CheckedContinuation<Ending?, Never>? in
      guard case .running(var waiters, let next) = state else { return nil }
      let continuation = waiters.removeValue(forKey: number)
      state = .running(waiters: waiters, nextWaiter: next)
      return continuation
    }
    continuation?.resume(returning: nil)
  }

  /// The descriptor becomes readable when the process ends.
  private func watch() {
    let source = DispatchSource.makeReadSource(
      fileDescriptor: descriptor, queue: DispatchQueue(label: "pointsd.process"))
    source.setEventHandler { [self] in
      reap()
      source.cancel()
    }
    source.setCancelHandler { [descriptor] in
      close(descriptor)
    }
    source.activate()
  }

  private func reap() {
    let (ending, waiters) = state.withLock {
      state -> (Ending, [CheckedContinuation<Ending?, Never>]) in
      guard case .running(let waiters, _) = state else { return (.unknown, []) }
      // Under the lock, so that nobody signals a number that is free again. It does not block: the
      // process has ended.
      let ending = status()
      state = .ended(ending)
      return (ending, Array(waiters.values))
    }
    for waiter in waiters { waiter.resume(returning: ending) }
  }

  private func status() -> Ending {
    guard isOwnChild else { return .unknown }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    OrphanReaper.forget(identifier)
    return .status(clinux_exit_status(status))
  }
}
