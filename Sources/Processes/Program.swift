import CLinux
import Files
import Glibc
import SystemPackage

/// A program and what it is started with: the one way in which this daemon starts another program.
///
/// It runs in a session of its own, so that a terminal's Ctrl-C does not reach it, in the folder /,
/// with default signals, no input, and no descriptors but those named here.
package struct Program: Sendable {
  /// Why a program could not be started: the error number of the system call.
  package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package let code: Int32
    package var description: String { Errno(rawValue: code).description }
  }

  /// Absolute.
  package var path: String
  /// Without its name.
  package var arguments: [String]
  /// Further variables, over PATH and the language.
  package var environment: [String: String] = [:]
  /// Where its output goes.
  package var output: Descriptor
  /// Where its standard error goes; nil: where its output goes.
  package var error: Descriptor?
  /// What it has as descriptor 3.
  package var inherited: Descriptor?
  /// Which account it runs as when this process is root's; nil is root.
  package var account: FileAccount?
  /// Whether the kernel kills it when the thread that calls `start` ends, and so with this process.
  package var isBoundToThread = false

  package init(_ path: String, _ arguments: [String], output: Descriptor) {
    self.path = path
    self.arguments = arguments
    self.output = output
  }

  /// Starts it. The caller waits for its end by waitpid(2) and then calls `OrphanReaper.forget`.
  /// - Returns: the number of the process, which runs the program.
  package func start() throws(Failure) -> pid_t {
    try OrphanReaper.register { () throws(Failure) in try startChild() }
  }

  private func startChild() throws(Failure) -> pid_t {
    let variables =
      ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]
      + environment.map { "\($0.key)=\($0.value)" }
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var settings = variables.map { strdup($0) } + [nil]
    let program = strdup(path)
    defer { for text in words + settings + [program] { free(text) } }
    var identifier: pid_t = 0
    let code = words.withUnsafeMutableBufferPointer { words in
      settings.withUnsafeMutableBufferPointer { settings in
        var start = clinux_start()
        start.path = UnsafePointer(program)
        start.arguments = UnsafePointer(words.baseAddress)
        start.environment = UnsafePointer(settings.baseAddress)
        start.output = output.number
        start.error = error?.number ?? -1
        start.inherited = inherited?.number ?? -1
        start.user = account?.user ?? 0
        start.group = account?.group ?? 0
        start.bound = isBoundToThread
        return clinux_start(&identifier, &start)
      }
    }
    guard code == 0 else { throw Failure(code: code) }
    return identifier
  }
}
