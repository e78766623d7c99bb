import Foundation
import Glibc
import TestSupport
import Testing

/// The daemon as a user runs it: a process of its own with a configuration file, a private
/// database and ports that the kernel chose, in a temporary folder.
final class Daemon {
  /// How a test wants the daemon.
  struct Options {
    var users = ["Afif", "Syahmi", "Irfan", "Hairiel", "Faiz"]
    var intervalSeconds = 1.0
    var points = 10
    /// Further keys of the configuration, over those made here.
    var extra: [String: Any] = [:]
    var arguments: [String] = []
    /// What starts the program: a command that ends with the program and its arguments.
    var launcher: [String] = []
    /// The soft limit of open files at start; nil leaves it.
    var softDescriptorLimit: Int?
    /// Variables beside those of the test.
    var environment: [String: String] = [:]
    /// The limit of open files, which cannot be raised; nil leaves it.
    var descriptorLimit: Int?
  }

  let directory: String
  var options: Options
  let ports: [Int]
  let httpPort: Int
  private(set) var process: Process?

  init(_ options: Options = Options()) throws {
    self.options = options
    self.directory = try TemporaryFolder.make()
    let free = try FreePorts.take(options.users.count + 1)
    self.ports = Array(free.dropLast())
    self.httpPort = free[free.count - 1]
    try writeConfiguration(users: options.users)
  }

  deinit {
    kill()
    stopDatabase(SIGKILL)
    TemporaryFolder.remove(directory)
  }

  var configurationFile: String { directory + "/pointsd.json" }
  var controlSocket: String { directory + "/control.sock" }
  var log: String {
    (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
  }

  /// The port of a user's server.
  func port(of user: String) -> Int {
    options.users.firstIndex(of: user).map { ports[$0] } ?? 0
  }

  func writeConfiguration(users: [String]) throws {
    var configuration: [String: Any] = [
      "database": ["managed": ["dataDirectory": "mariadb"]],
      "http": ["address": "127.0.0.1", "port": httpPort],
      "control": ["socket": "control.sock"],
      "accrual": ["points": options.points, "intervalSeconds": options.intervalSeconds],
      "users": users.enumerated().map { index, name in
        ["name": name, "port": ports[index], "server": "server\(index + 1)"]
      },
    ]
    configuration.merge(options.extra) { _, new in new }
    try JSONSerialization.data(withJSONObject: configuration).write(
      to: URL(fileURLWithPath: configurationFile))
  }

  /// Starts the process; with `waiting`, returns when `/readyz` says so.
  /// - Parameter output: where it writes; nil for the file `log`.
  func start(waiting: Bool = true, output: FileHandle? = nil) async throws {
    let process = Process()
    process.executableURL = Self.binary("pointsd")
    process.arguments = ["--config", configurationFile] + options.arguments
    if let limit = options.descriptorLimit ?? options.softDescriptorLimit {
      let kind = options.descriptorLimit == nil ? "-S" : ""
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", "ulimit \(kind) -n \(limit) && exec \"$0\" \"$@\"", Self.binary("pointsd").path,
        "--config", configurationFile,
      ]
    }
    if let first = options.launcher.first {
      process.executableURL = URL(fileURLWithPath: first)
      process.arguments =
        options.launcher.dropFirst() + [Self.binary("pointsd").path] + (process.arguments ?? [])
    }
    _ = FileManager.default.createFile(atPath: directory + "/log", contents: nil)
    let log = try FileHandle(forWritingTo: URL(fileURLWithPath: directory + "/log"))
    process.standardError = output ?? log
    process.standardOutput = output ?? log
    process.environment = ProcessInfo.processInfo.environment.merging(options.environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    try process.run()
    self.process = process
    if waiting {
      try await eventually("the daemon is ready: \(self.log)") {
        try self.http("/readyz").status == 200
      }
    }
  }

  /// Asks the process to end and returns its exit status.
  @discardableResult
  func stop() async throws -> Int32 {
    guard let process else { return 0 }
    process.terminate()
    try await eventually("the daemon ends: \(self.log)") { !process.isRunning }
    self.process = nil
    return process.terminationStatus
  }

  /// The process has ended, and was seen to.
  func forget() { process = nil }

  /// kill -9, for the daemon only; its database goes on alone.
  func kill() {
    guard let process, process.isRunning else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  /// The process of the private database; nil when it is not running.
  var databaseProcess: pid_t? {
    guard
      let text = try? String(contentsOfFile: directory + "/mariadb/mariadbd.pid", encoding: .utf8),
      let identifier = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)),
      // A process that has ended keeps its number until somebody collects it, but no command line.
      let command = try? String(contentsOfFile: "/proc/\(identifier)/cmdline", encoding: .utf8),
      command.contains(directory)
    else { return nil }
    return identifier
  }

  /// The programs that make backups for this daemon.
  var dumps: [pid_t] {
    guard let process else { return [] }
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return numbers.compactMap { pid_t($0) }.filter { number in
      guard let status = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
      else { return false }
      return status.contains("\nPPid:\t\(process.processIdentifier)\n")
        && status.hasPrefix("Name:\tmariadb-dump\n")
    }
  }

  /// Sends a signal to the private database.
  func stopDatabase(_ signal: Int32) {
    if let databaseProcess { Glibc.kill(databaseProcess, signal) }
  }

  /// Runs SQL as a person does, in a shell of the operating system's user.
  @discardableResult
  func sql(_ text: String) throws -> String {
    try run(
      "/usr/bin/mariadb",
      [
        "--no-defaults", "--default-character-set=utf8mb4", "--batch", "--skip-column-names",
        "--socket=\(directory)/mariadb/mariadbd.sock", "network_project", "--execute", text,
      ]
    ).output
  }

  /// The program as the tests' build made it, beside the test bundle.
  static func binary(_ name: String) -> URL {
    let folder =
      ProcessInfo.processInfo.environment["POINTSD_BINARIES"]
      ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let beside = URL(fileURLWithPath: folder).appendingPathComponent(name)
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    return URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      .appendingPathComponent(".build/debug/\(name)")
  }
}

/// What a program printed and how it ended.
struct Finished {
  let output: String
  let errors: String
  let status: Int32
}

/// Runs a program to its end.
func run(_ path: String, _ arguments: [String]) throws -> Finished {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  let (output, errors) = (Pipe(), Pipe())
  process.standardOutput = output
  process.standardError = errors
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let text = output.fileHandleForReading.readDataToEndOfFile()
  let complaint = errors.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return Finished(
    output: String(decoding: text, as: UTF8.self),
    errors: String(decoding: complaint, as: UTF8.self),
    status: process.terminationStatus)
}
