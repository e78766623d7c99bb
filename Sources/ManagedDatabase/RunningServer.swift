import Glibc

/// A server that runs already, as the system's list of processes shows it.
struct RunningServer {
  let identifier: pid_t
  /// Where it listens; nil if its command line does not tell.
  let socket: String?

  /// The server that was started on this data, however it feels.
  ///
  /// The list of processes is asked and no file: a daemon may be killed between starting a server
  /// and noting its number, and a noted number may belong to another program by now.
  static func find(data: String) -> RunningServer? {
    let numbers = (Files.names(in: "/proc") ?? []).compactMap { pid_t($0) }
    for number in numbers {
      guard let line = Files.text("/proc/\(number)/cmdline") else { continue }
      let words = line.split(separator: "\0").map(String.init)
      guard let program = words.first?.split(separator: "/").last,
        program == "mariadbd" || program == "mysqld", words.contains("--datadir=\(data)")
      else { continue }
      let socket = words.first { $0.hasPrefix("--socket=") }
      return RunningServer(
        identifier: number, socket: socket.map { String($0.dropFirst("--socket=".count)) })
    }
    return nil
  }
}
