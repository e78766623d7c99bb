import Files
import Glibc

/// A file of the system's list of processes.
enum ProcessFile {
  /// The text of a file of `/proc/PROCESS`, at most 64 KiB of it; nil when there is no such process.
  static func text(_ process: pid_t, _ name: String) -> String? {
    let path = "/proc/\(process)/\(name)"
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { return nil }
    let bytes = try? Descriptor(opened).read(limit: 65_536, path: path)
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// A program of MariaDB that runs already, as the system's list of processes shows it.
struct RunningServer {
  let identifier: pid_t
  private let words: [String]

  /// Where it listens; nil if its command line does not say.
  var socket: String? { value(of: "--socket=") }

  private func value(of option: String) -> String? {
    words.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }
  }

  /// The server that was started on this data, however it feels.
  ///
  /// The list of processes is asked and no file: a daemon may be killed between starting a server
  /// and noting its number, and a noted number may belong to another program by now.
  /// - Parameter owner: of the data. A process of another account is none of its servers, whatever
  ///   it calls itself.
  static func find(data: String, owner: uid_t) -> RunningServer? {
    all(owner: owner).first { process in
      let program = process.words.first?.split(separator: "/").last
      return (program == "mariadbd" || program == "mysqld")
        && process.value(of: "--datadir=") == data
    }
  }

  /// What still makes a database in a place whose path begins so: the script and its server.
  static func installers(unfinished: String, owner: uid_t) -> [RunningServer] {
    all(owner: owner).filter { $0.value(of: "--datadir=")?.hasPrefix(unfinished) == true }
  }

  private static func all(owner: uid_t) -> [RunningServer] {
    let numbers = ((try? Directory("/proc").names()) ?? []).compactMap { pid_t($0) }
    return numbers.compactMap { number in
      var status = stat()
      guard stat("/proc/\(number)", &status) == 0,
        [owner, 0, geteuid()].contains(status.st_uid),
        let line = ProcessFile.text(number, "cmdline"), line.contains("--datadir=")
      else { return nil }
      return RunningServer(
        identifier: number, words: line.split(separator: "\0").map(String.init))
    }
  }
}
