import Foundation
import Glibc
import TestSupport
import Testing

/// Debian's nginx with a configuration of a test's own, on a free port of loopback.
final class Nginx {
  private static let program = "/usr/sbin/nginx"

  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

  let port: Int
  private let folder: String
  private let process = Process()

  /// Starts it and waits until it answers.
  /// - Parameters:
  ///   - server: the `server` block for a port.
  ///   - readyAt: an address that is answered with 200.
  init(server: (Int) throws -> String, readyAt: (Int) -> String) async throws {
    self.port = try FreePorts.take(1)[0]
    self.folder = try TemporaryFolder.make()
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " ")
    try TemporaryFolder.write(
      """
      daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log;
      events { worker_connections 64; }
      http { access_log off; \(paths) \(try server(port)) }
      """, to: folder + "/nginx.conf")
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = ["-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let url = readyAt(port)
    try await eventually("nginx answers: \(log)") { try self.curl(url).status == 200 }
  }

  deinit {
    stop()
    TemporaryFolder.remove(folder)
  }

  private var log: String {
    (try? String(contentsOfFile: folder + "/error.log", encoding: .utf8)) ?? ""
  }

  func stop() {
    guard process.isRunning else { return }
    // It keeps nothing, and it inherits the blocked signals of the thread that started it.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// One request by curl; `points.example` is this nginx.
  func curl(_ url: String, _ arguments: [String] = []) throws -> (status: Int, body: String) {
    let outcome = try run(
      "/usr/bin/curl",
      [
        "--silent", "--insecure", "--http1.1", "--max-time", "20",
        "--resolve", "points.example:\(port):127.0.0.1", "--write-out", "\n%{http_code}",
      ] + arguments + [url])
    let lines = outcome.output.components(separatedBy: "\n")
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
  }
}
