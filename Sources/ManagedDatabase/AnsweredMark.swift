import Files
import Glibc

/// Says which server has let a daemon in.
///
/// One that has may hold what it was given, and is never killed. One that never did holds nothing;
/// when it hangs, as a mariadbd may that got SIGTERM while it started, it can only be killed. The
/// mark is a file, so that a later daemon knows which of the two it found.
struct AnsweredMark {
  private let text: String?

  /// - Parameter process: the server's number.
  init(process: pid_t) {
    text = Self.startTime(of: process).map { "\(process) \($0)\n" }
  }

  func isSet(in directory: Directory) -> Bool {
    text != nil && directory.text(DatabaseLayout.Name.answered) == text
  }

  func set(in directory: Directory) throws(FileError) {
    guard let text else { return }
    try directory.write(text, to: DatabaseLayout.Name.answered, mode: 0o600)
  }

  /// When the process started, in clock ticks since the system did: with it the number means one
  /// process. nil when there is none.
  private static func startTime(of process: pid_t) -> Substring? {
    guard let line = ProcessFile.text(process, "stat") else { return nil }
    // The second field, the program's name in brackets, may contain anything.
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[end...].split(separator: " ")
    return fields.count > 20 ? fields[20] : nil
  }
}
