import Dispatch
import Glibc
import Logging
import Points
import Synchronization
import Testing

@testable import Systemd

@Suite(.timeLimit(.minutes(1))) struct LogWriterTests {
  /// A reader that takes one line and then stands still until it is let go.
  private final class Reader: Sendable {
    let lines = Mutex<[String]>([])
    let hasStopped = DispatchSemaphore(value: 0)
    let goesOn = DispatchSemaphore(value: 0)
    let isFirst = Atomic(true)

    func writer(records: Int = 8192, bytes: Int = 1 << 20) -> LogWriter<String> {
      LogWriter(
        limits: .init(records: records, bytes: bytes), size: \.utf8.count,
        note: { count, _ in "\(count) dropped" },
        sink: { line in
          self.lines.withLock { $0.append(line) }
          guard self.isFirst.exchange(false, ordering: .relaxed) else { return true }
          self.hasStopped.signal()
          self.goesOn.wait()
          return true
        })
    }
  }

  private func fill(_ writer: LogWriter<String>, _ reader: Reader, _ lines: [String]) {
    writer.write("first")
    reader.hasStopped.wait()
    for line in lines { writer.write(line) }
  }

  @Test func theNewestWaitAndTheRestIsCounted() {
    let reader = Reader()
    let writer = reader.writer(records: 3)
    let counted = Atomic(0)
    fill(writer, reader, (1...40).map { "\($0)" })
    writer.reportDropped { counted.add($0, ordering: .relaxed) }
    writer.write("41")
    #expect(counted.load(ordering: .relaxed) == 38)
    reader.goesOn.signal()
    #expect(writer.flush(within: .seconds(30)))
    #expect(reader.lines.withLock { $0 } == ["first", "38 dropped", "39", "40", "41"])
    // Once said, it is not said again.
    writer.write("42")
    #expect(writer.flush(within: .seconds(30)))
    #expect(reader.lines.withLock { $0.last } == "42")
  }

  @Test func bytesAreBoundedToo() {
    let reader = Reader()
    let writer = reader.writer(bytes: 100)
    fill(writer, reader, (1...50).map { _ in String(repeating: "x", count: 40) })
    writer.write(String(repeating: "y", count: 5000))
    reader.goesOn.signal()
    #expect(writer.flush(within: .seconds(30)))
    // The longest line is kept, alone.
    #expect(
      reader.lines.withLock { $0 } == [
        "first", "50 dropped", String(repeating: "y", count: 5000),
      ])
  }

  @Test func whatCannotBeWrittenIsCounted() {
    let isFull = Atomic(true)
    let counted = Atomic(0)
    let tried = Atomic(0)
    let lines = Mutex<[String]>([])
    let writer = LogWriter<String>(
      size: \.utf8.count, note: { count, _ in "\(count) dropped" },
      sink: { line in
        tried.add(1, ordering: .relaxed)
        guard !isFull.load(ordering: .relaxed) else { return false }
        lines.withLock { $0.append(line) }
        return true
      })
    writer.write("1")
    #expect(writer.flush(within: .seconds(30)))
    writer.reportDropped { counted.add($0, ordering: .relaxed) }
    for number in 2...5 { writer.write("\(number)") }
    #expect(writer.flush(within: .seconds(30)))
    #expect(counted.load(ordering: .relaxed) == 5)
    // Each record once, and at most one note before it.
    #expect(tried.load(ordering: .relaxed) <= 9)
    isFull.store(false, ordering: .relaxed)
    writer.write("6")
    #expect(writer.flush(within: .seconds(30)))
    #expect(lines.withLock { $0 } == ["5 dropped", "6"])
    #expect(counted.load(ordering: .relaxed) == 5)
  }

  @Test func flushingDoesNotWaitForEver() {
    let reader = Reader()
    let writer = reader.writer()
    fill(writer, reader, ["last"])
    #expect(!writer.flush(within: .milliseconds(10)))
    reader.goesOn.signal()
    #expect(writer.flush(within: .seconds(30)))
    #expect(reader.lines.withLock { $0 } == ["first", "last"])
  }

  @Test func nothingWaitsWhereNothingStandsStill() {
    let reader = Reader()
    reader.goesOn.signal()
    let writer = reader.writer()
    let lines = (1...5000).map { "\($0)" }
    for line in lines { writer.write(line) }
    #expect(writer.flush(within: .seconds(30)))
    #expect(reader.lines.withLock { $0 } == lines)
  }

  /// The whole way: loggers, in a process of their own whose standard error nobody reads.
  @Test func loggersOfTheProcessGoOnWhileNobodyReads() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      dup2(ends[1], STDERR_FILENO)
      StandardStream.neverWait()
      LogOutput.bootstrap(level: .info)
      let dropped = Atomic(0)
      LogOutput.reportDropped { dropped.add($0, ordering: .relaxed) }
      let logger = Logger(label: "test")
      for number in 1...30_000 { logger.info("line \(number)") }
      #expect(dropped.load(ordering: .relaxed) > 15_000)
      // The newest are with those who ask, read or not.
      #expect(LogOutput.recent.entries(after: 0).last?.message == "line 30000")
      #expect(!LogOutput.flush(milliseconds: 10))
      // A write beside the log does not wait either.
      let text = [UInt8](repeating: 1, count: 1000)
      // A pipe that poll calls full may have room in its last page.
      var written = 0
      repeat { written = Glibc.write(STDERR_FILENO, text, text.count) } while written > 0
      let reason = errno
      #expect(written < 0 && reason == EAGAIN)
      StandardStream.error.write("beside the log\n", timeout: 1)
      var read = ""
      var piece = [UInt8](repeating: 0, count: 65_536)
      while !read.contains("line 30000") {
        let count = Glibc.read(ends[0], &piece, piece.count)
        #expect(count > 0)
        read += String(decoding: piece.prefix(count), as: UTF8.self)
      }
      let lost = dropped.load(ordering: .relaxed)
      let lines = read.split(separator: "\n")
      let notes = lines.filter {
        $0.contains("dropped: the reader of the log stood still, or its disk is full (event=log)")
      }
      // The line after time and level begins with the number.
      let noted = notes.compactMap { Int($0.split(separator: " ")[3]) }
      #expect(noted.reduce(0, +) == lost && !notes.isEmpty)
      #expect(lines.count == 30_000 - lost + notes.count)
      #expect(LogOutput.flush(milliseconds: 30_000))
    }
  }
}
