import CLinux
import Dispatch
import Files
import Glibc
import Points
import Processes
import Synchronization
import SystemPackage

/// A program that writes to a pipe of ours and lives no longer than this value, nor than the daemon.
///
/// The kernel ends it when the thread that started it ends, so that has a thread of its own, which
/// then waits for its end.
final class DumpProcess: Sendable {
  /// Where its output is read from; not blocking.
  private let pipeEnd: Descriptor
  private let log: Descriptor
  private let child: Child

  var output: Int32 { pipeEnd.number }

  /// - Parameters:
  ///   - options: what the program reads from descriptor 3. It is in memory only: nothing of it
  ///     outlives the program and this process.
  init(_ path: String, _ arguments: [String], options: String) throws(ControlError) {
    func unavailable() -> ControlError {
      .unavailable("cannot start \(path): \(Errno(rawValue: errno))")
    }
    func memory(_ name: String) throws(ControlError) -> Descriptor {
      let file = clinux_memory_file(name)
      guard file >= 0 else { throw unavailable() }
      return Descriptor(file)
    }
    log = try memory("pointsd-dump-log")
    let file = try memory("pointsd-dump-options")
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw unavailable() }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    pipeEnd = Descriptor(ends[0])
    var program = Program(path, arguments, output: Descriptor(ends[1]))
    program.error = log
    program.inherited = file
    program.isBoundToThread = true
    do throws(FileError) {
      try file.write(Array(options.utf8), path: "the options of \(path)")
    } catch {
      throw .failed("cannot start \(path): \(error)")
    }
    child = Child(program)
    try child.start()
  }

  deinit { kill() }

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
    let bytes = try? log.read(limit: 4096, path: "the messages of the program")
    let text = String(decoding: bytes ?? [], as: UTF8.self)
    return text.split(separator: "\n").last.map(String.init) ?? ""
  }

  /// The program as the thread that started it knows it.
  private final class Child: Sendable {
    private enum State {
      /// Its descriptors are closed here as soon as it runs: the end of its output is seen then.
      case starting(Program)
      case failed(Program.Failure)
      case running(pid_t)
      case ended(Int32)
    }

    private let path: String
    private let state: Mutex<State>
    private let started = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)

    init(_ program: Program) {
      path = program.path
      state = Mutex(.starting(program))
    }

    func start() throws(ControlError) {
      var thread = pthread_t()
      let context = Unmanaged.passRetained(self)
      let error = pthread_create(
        &thread, nil,
        { context in
          if let context { Unmanaged<Child>.fromOpaque(context).takeRetainedValue().run() }
          return nil
        }, context.toOpaque())
      guard error == 0 else {
        context.release()
        throw .unavailable("cannot start \(path): \(Errno(rawValue: error))")
      }
      pthread_detach(thread)
      started.wait()
      if case .failed(let failure) = state.withLock({ $0 }) {
        throw .unavailable("cannot start \(path): \(failure)")
      }
    }

    /// The number of the process; nil when it cannot be started.
    private func begin() -> pid_t? {
      defer { started.signal() }
      return state.withLock { state in
        guard case .starting(let program) = state else { return nil }
        do throws(Program.Failure) {
          let process = try program.start()
          state = .running(process)
          return process
        } catch {
          state = .failed(error)
          return nil
        }
      }
    }

    private func run() {
      guard let process = begin() else { return }
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
}
