import Dispatch
import Glibc
import Synchronization

/// A `pointsctl` that runs as its users run it, with its output caught.
final class RunningCommand: Sendable {
  struct Failure: Error {
    let what: String
  }

  struct Outcome: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  private let process: pid_t
  private let output: LineReader
  private let errors: LineReader

  /// - Parameters:
  ///   - environment: all of it.
  ///   - folder: the working directory.
  ///   - standardOutput: a descriptor to write to instead of one that is read here.
  init(
    _ arguments: [String], environment: [String] = [], folder: String = "/",
    standardOutput: Int32? = nil
  ) throws {
    let (process, outEnd, errorEnd) = try Self.spawning.withLock { _ in
      try Self.spawn(
        arguments, environment: environment, folder: folder, standardOutput: standardOutput)
    }
    self.process = process
    output = LineReader(descriptor: outEnd)
    errors = LineReader(descriptor: errorEnd)
  }

  /// Held while pipes are open for all children to inherit: a child of another test that keeps the
  /// end of a pipe would keep its reader waiting.
  private static let spawning = Mutex(())

  /// - Returns: the process, and the ends of pipes from which its output and messages are read.
  private static func spawn(
    _ arguments: [String], environment: [String], folder: String, standardOutput: Int32?
  ) throws -> (process: pid_t, output: Int32, errors: Int32) {
    let output = try PipeEnds()
    let errors = try PipeEnds()
    defer {
      close(output.writing)
      close(errors.writing)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, standardOutput ?? output.writing, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
    // The system's own way into another folder; it becomes the program, with the same number.
    let words = ["/usr/bin/env", "-C", folder, try program(named: "pointsctl")] + arguments
    var process: pid_t = 0
    let code = withCStrings(words) { words in
      withCStrings(environment) { environment in
        posix_spawn(&process, "/usr/bin/env", &actions, nil, words, environment)
      }
    }
    guard code == 0 else { throw Failure(what: "posix_spawn: \(code)") }
    return (process, output.reading, errors.reading)
  }

  /// The next line of its output; nil at the end.
  func nextLine() async throws -> String? {
    try await output.next()
  }

  /// The next line of its messages; nil at the end.
  func nextMessage() async throws -> String? {
    try await errors.next()
  }

  func send(_ signal: Int32) {
    kill(process, signal)
  }

  /// Waits for its end, and for all it says until then.
  func outcome() async throws -> Outcome {
    async let said = output.rest()
    async let complained = errors.rest()
    let (text, messages) = try await (said, complained)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(what: "waitpid: \(errno)") }
    }
    let signal = status & 0x7F
    return Outcome(
      status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: text, errors: messages)
  }

  /// Runs a command to its end.
  static func run(
    _ arguments: [String], environment: [String] = [], folder: String = "/",
    standardOutput: Int32? = nil
  ) async throws -> Outcome {
    try await RunningCommand(
      arguments, environment: environment, folder: folder, standardOutput: standardOutput
    ).outcome()
  }

  /// A program that was built beside these tests.
  static func program(named name: String) throws -> String {
    var path = [UInt8](repeating: 0, count: 4096)
    let count = path.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        characters.baseAddress.map { readlink("/proc/self/exe", $0, characters.count) } ?? 0
      }
    }
    guard count > 0, let slash = path[..<count].lastIndex(of: UInt8(ascii: "/")) else {
      throw Failure(what: "/proc/self/exe: \(errno)")
    }
    return String(decoding: path[...slash], as: UTF8.self) + name
  }
}

/// Both ends of a pipe that no child inherits.
struct PipeEnds {
  let reading: Int32
  let writing: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0,
      fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
    else { throw RunningCommand.Failure(what: "pipe: \(errno)") }
    reading = ends[0]
    writing = ends[1]
  }
}

/// Reads a pipe line by line, on a queue of its own, since reading blocks.
private final class LineReader: Sendable {
  private let queue = DispatchQueue(label: "line reader")
  private let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  func next() async throws -> String? {
    try await onQueue { reader in
      var line: [UInt8] = []
      while let byte = try reader.byte() {
        if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
        line.append(byte)
      }
      return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
  }

  func rest() async throws -> String {
    try await onQueue { reader in
      var bytes: [UInt8] = []
      while let byte = try reader.byte() { bytes.append(byte) }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private func onQueue<Value: Sendable>(
    _ body: @escaping @Sendable (LineReader) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body(self) }) }
    }
  }

  /// The next byte, nil at the end; a command that says nothing for a minute hangs.
  private func byte() throws -> UInt8? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 60_000) == 1 else {
      throw RunningCommand.Failure(what: "pointsctl said nothing for a minute")
    }
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) == 1 ? byte : nil
  }
}

/// Calls `body` with `strings` as C has them, ended by a null pointer.
private func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = strings.map { strdup($0) }
  defer { pointers.forEach { free($0) } }
  return body(pointers + [nil])
}
