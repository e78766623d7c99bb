import Glibc
import Points
import Testing

@testable import Backup

/// The program that makes a backup, played by a shell.
@Suite(.timeLimit(.minutes(1))) struct BackupDumpTests {
  private func dump(
    _ script: String, options: String = "", silence: Int32 = 30_000
  ) throws -> BackupDump {
    try BackupDump("/bin/sh", ["-c", script], options: options, schema: 2, silence: silence)
  }

  private func text(_ dump: BackupDump) async throws -> String {
    var bytes: [UInt8] = []
    while let piece = try await dump.next() { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func theOutputStandsBetweenOurLines() async throws {
    let text = try await text(try dump("printf 'a\\n'; head -c 300000 /dev/zero; echo"))
    let digest = try Digest()
    let lines = text.split(separator: "\n")
    digest.add(Array(text.utf8.dropLast(lines[lines.count - 1].utf8.count + 1)))
    #expect(lines.first == "-- pointsd backup, format 1, schema 2")
    #expect(text.utf8.count > 300_000)
    #expect(text.hasSuffix(BackupFormat.lastLine(digest: digest.hexadecimal())))
    // What we write we can read.
    let file = try PrivateFile()
    try file.append(Array(text.utf8))
    #expect(try BackupReader(file).schema == 2)
  }

  @Test func theOptionsAreNoFile() async throws {
    let script = """
      cat /proc/self/fd/3; readlink /proc/self/fd/3; stat --dereference --format=%a /proc/self/fd/3
      ls /proc/self/fd | tr '\\n' ' '
      """
    let text = try await text(try dump(script, options: "password=secret\n"))
    #expect(text.contains("password=secret\n/memfd:pointsd-dump-options (deleted)\n600\n"))
    // 4 is the folder that ls reads: nothing else of ours is open there.
    #expect(text.contains("\n0 1 2 3 4 "))
  }

  @Test func aProgramThatFailsSaysWhy() async throws {
    await #expect(throws: ControlError.failed("mariadb-dump failed: Access denied")) {
      _ = try await text(try dump("echo INSERT; echo Access denied >&2; exit 2"))
    }
    await #expect(
      throws: ControlError.unavailable("mariadb-dump failed: Got error: 2002: no socket")
    ) {
      _ = try await text(try dump("echo 'Got error: 2002: no socket' >&2; exit 2"))
    }
    #expect(
      throws: ControlError.unavailable("cannot start /nowhere/dump: No such file or directory")
    ) {
      _ = try BackupDump("/nowhere/dump", [], options: "", schema: 2, silence: 1000)
    }
  }

  @Test func silenceIsTheEnd() async throws {
    let dump = try dump("echo $$; exec sleep 1000", silence: 1000)
    let first = String(decoding: try #require(try await dump.next()), as: UTF8.self)
    let process = try #require(pid_t(first.split(separator: "\n").last ?? ""))
    await #expect(
      throws: ControlError.unavailable(
        "mariadb-dump gave nothing for 1 s and was ended; does the database hang, "
          + "or is a table locked?")
    ) { _ = try await dump.next() }
    try await isGone(process)
    #expect(try await dump.next() == nil)
  }

  @Test func cancellingEndsAWaitingReader() async throws {
    let dump = try dump("exec sleep 1000")
    let piece = Task { try await dump.next() }
    dump.cancel()
    await #expect(throws: ControlError.unavailable("the backup was ended")) {
      _ = try await piece.value
    }
  }

  @Test func oneThatNobodyHoldsEndsAndIsReaped() async throws {
    var dump: BackupDump? = try dump("echo $$; exec sleep 1000")
    let first = String(decoding: try #require(try await dump?.next()), as: UTF8.self)
    let process = try #require(pid_t(first.split(separator: "\n").last ?? ""))
    #expect(kill(process, 0) == 0)
    dump = nil
    try await isGone(process)
  }

  @Test func aProgramWaitsWhileNobodyReads() async throws {
    let dump = try dump("exec cat /dev/zero")
    let first = try #require(try await dump.next())
    // No more than the pipe holds was taken for it.
    #expect(first.count <= (1 << 16) + 100)
    dump.cancel()
  }

  /// Waits until a process has ended and nothing of it is left, for a while.
  private func isGone(_ process: pid_t) async throws {
    for _ in 0..<3000 where kill(process, 0) == 0 {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(kill(process, 0) != 0)
  }

  @Test func aFullDiskIsSaidWithWhatToDo() async throws {
    await #expect(processExitsWith: .success) {
      // Files of this process may have 4,096 bytes.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let file = try PrivateFile()
      let error = #expect(throws: ControlError.self) {
        try file.append([UInt8](repeating: 0, count: 10_000))
      }
      #expect(
        "\(error ?? .failed(""))"
          .hasSuffix("File too large; make room there, or set TMPDIR to another folder"))
    }
  }
}
