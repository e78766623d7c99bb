import CLinux
import Dispatch
import Glibc
import Points
import Processes
import Synchronization

/// A program that writes to a pipe of ours and lives no longer than this value, nor than the daemon.
///
/// The kernel ends it when the thread that started it ends, so that has a thread of its own, which
/// then waits for its end.
final class DumpProcess: Sendable {
  /// Where its output is read from; not blocking.
  let output: Int32
  private let log: Int32
  private let child = Child()

  /// - Parameters:
  ///   - options: what the program reads from descriptor 3. It is in memory only: nothing of it
  ///     outlives the program and this process.
  init(_ path: String, _ arguments: [String], options: String) throws(ControlError) {
    var ends: [Int32] = [-1, -1]
    let log = clinux_memory_file("pointsd-dump-log")
    let file = clinux_memory_file("pointsd-dump-options")
    let hasPipe = pipe(&ends) == 0
    let fault = String(cString: strerror(errno))
    (self.log, self.output) = (log, ends[0])
    defer { for descriptor in [file, ends[1]] where descriptor >= 0 { close(descriptor) } }
    guard log >= 0, file >= 0, hasPipe else { throw .unavailable("cannot start \(path): \(fault)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(output, F_SETFL, O_NONBLOCK)
    let bytes = Array(options.utf8)
    guard write(file, bytes, bytes.count) == bytes.count else {
      throw .failed("cannot start \(path): \(String(cString: strerror(errno)))")
    }
    try child.start(path, arguments, output: ends[1], log: log, file: file)
  }

  deinit {
    kill()
    for descriptor in [output, log] where descriptor >= 0 { close(descriptor) }
  }

  /// Ends the program at once.
  func kill() { child.kill() }

  /// Waits until something can be read or the output is at its end.
  /// - Returns: false when nothing came for so long.
  func waitForOutput(milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = poll(&descriptor, 1, milliseconds)
      if ready < 0 && errno == EINTR { continue }
      return ready > 0
    }
  }

  /// The exit status, 128 and the signal's number for one that was killed; nil when it has not ended
  /// after 5 s.
  func exitStatus() -> Int32? { child.exitStatus() }

  /// The last line that the program wrote to standard error.
  var complaint: String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = pread(log, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    return text.split(separator: "\n").last.map(String.init) ?? ""
  }

  /// The program as the thread that started it knows it.
  private final class Child: Sendable {
    private enum State {
      case starting
      case running(pid_t)
      case ended(Int32)
    }

    private let state = Mutex(State.starting)
    private let started = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)

    func start(
      _ path: String, _ arguments: [String], output: Int32, log: Int32, file: Int32
    ) throws(ControlError) {
      let work = Work { self.run(path, arguments, output: output, log: log, file: file) }
      var thread = pthread_t()
      let context = Unmanaged.passRetained(work)
      let error = pthread_create(
        &thread, nil,
        { context in
          if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
          return nil
        }, context.toOpaque())
      guard error == 0 else {
        context.release()
        throw .unavailable("cannot start \(path): \(String(cString: strerror(error)))")
      }
      pthread_detach(thread)
      started.wait()
      if state.withLock({ if case .ended(-1) = $0 { true } else { false } }) {
        throw .unavailable("cannot start \(path): no process can be made")
      }
    }

    private func run(
      _ path: String, _ arguments: [String], output: Int32, log: Int32, file: Int32
    ) {
      var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
      words.append(nil)
      var environment: [UnsafeMutablePointer<CChar>?] = [strdup("LC_ALL=C.UTF-8"), nil]
      var error: Int32 = 0
      let process = OrphanReaper.register {
        var process: pid_t = 0
        error = clinux_spawn_bound(&process, path, output, log, file, &words, &environment)
        return error == 0 ? process : 0
      }
      for word in words + environment { free(word) }
      state.withLock { $0 = error == 0 ? .running(process) : .ended(-1) }
      started.signal()
      guard error == 0 else { return }
      var information = siginfo_t()
      // It keeps its number until the lock is held: nobody signals another process by it.
      while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
      state.withLock { state in
        var status: Int32 = 0
        let reaped = waitpid(process, &status, 0) == process
        state = .ended(reaped ? clinux_exit_status(status) : 255)
      }
      OrphanReaper.forget(process)
      hasEnded.signal()
    }

    func kill() {
      state.withLock { if case .running(let process) = $0 { Glibc.kill(process, SIGKILL) } }
    }

    func exitStatus() -> Int32? {
      guard hasEnded.wait(timeout: .now() + .seconds(5)) == .success else { return nil }
      hasEnded.signal()
      return state.withLock { if case .ended(let status) = $0 { status } else { nil } }
    }
  }

  /// What a thread does.
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
