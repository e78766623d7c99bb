import Glibc
import Logging
import Synchronization
import Testing

@testable import Systemd

/// Lines that were written.
private final class Written: Sendable {
  let lines = Mutex<[String]>([])
}

private func event(
  _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata? = nil
) -> LogEvent {
  LogEvent(
    level: level, message: "\(message)", metadata: metadata, source: "Test",
    file: "Supervisor/Supervisor.swift", function: "run()", line: 42)
}

@Suite struct TerminalLogHandlerTests {
  private func line(
    coloured: Bool = false, _ level: Logger.Level, _ message: String,
    _ metadata: Logger.Metadata? = nil
  ) -> String {
    let written = Written()
    let handler = TerminalLogHandler(
      coloured: coloured, level: .trace, now: { 1_768_228_200 },
      write: { line in written.lines.withLock { $0.append(line) } })
    handler.log(event: event(level, message, metadata))
    return written.lines.withLock { $0.joined() }
  }

  @Test func aLineHasTimeLevelMessageAndMetadata() {
    #expect(
      line(.info, "Updated Afif: Points=120", ["user": "Afif", "event": "update"])
        == "2026-01-12 14:30:00Z INFO  Updated Afif: Points=120 (event=update user=Afif)\n")
    #expect(line(.warning, "late") == "2026-01-12 14:30:00Z WARN  late\n")
  }

  @Test func levelsAreColouredOnlyWhenAsked() {
    #expect(line(coloured: true, .error, "x").contains("\u{1B}[31mERROR\u{1B}[0m"))
    #expect(!line(.error, "x").contains("\u{1B}"))
  }

  @Test(arguments: [
    "a\nb", "a\r\nb", "\u{1B}[2Jgone", "bell\u{7}", "\u{9B}31m", "\u{202E}reversed", "\u{2028}x",
  ])
  func noValueCanLeaveItsLineOrSteerTheTerminal(hostile: String) {
    let text = line(.info, hostile, ["user": "\(hostile)", "k\ney": "v"])
    #expect(text.unicodeScalars.filter { $0 == "\n" }.count == 1)
    #expect(text.hasSuffix("\n"))
    for scalar in text.dropLast().unicodeScalars {
      #expect(scalar.properties.generalCategory != .control)
      #expect(scalar.value != 0x202E && scalar.value != 0x2028)
    }
  }

  @Test func namesStayAsTheyAre() {
    #expect(line(.info, "Zoë 👨‍👩‍👧 <script>").contains("Zoë 👨‍👩‍👧 <script>"))
  }

  @Test func valuesWithBlanksAreQuoted() {
    let text = line(.info, "x", ["reason": "lunch \"break\"", "none": ""])
    #expect(text.contains(#"(none="" reason="lunch \"break\"")"#))
  }

  @Test func theLoggersOwnMetadataYieldsToTheEvents() {
    let written = Written()
    var logger = Logger(
      label: "test",
      factory: { _ in
        TerminalLogHandler(
          coloured: false, level: .info, now: { 0 },
          write: { line in written.lines.withLock { $0.append(line) } })
      })
    logger[metadataKey: "user"] = "Afif"
    logger.debug("not written")
    logger.info("one")
    logger.info("two", metadata: ["user": "Syahmi"])
    #expect(
      written.lines.withLock { $0 } == [
        "1970-01-01 00:00:00Z INFO  one (user=Afif)\n",
        "1970-01-01 00:00:00Z INFO  two (user=Syahmi)\n",
      ])
  }
}

@Suite struct JournalLogHandlerTests {
  private func fields(_ event: LogEvent, base: Logger.Metadata = [:]) -> [String: String] {
    var handler = JournalLogHandler(label: "supervisor", level: .info)
    handler.metadata = base
    return Dictionary(uniqueKeysWithValues: handler.fields(event).map { ($0.name, $0.value) })
  }

  @Test func metadataBecomesFields() {
    let found = fields(
      event(.error, "port in use", ["user": "Afif", "event": "server"]), base: ["server": "s1"])
    #expect(
      found == [
        "MESSAGE": "port in use", "PRIORITY": "3", "SYSLOG_IDENTIFIER": "pointsd",
        "POINTSD_USER": "Afif", "POINTSD_SERVER": "s1", "POINTSD_EVENT": "server",
        "POINTSD_LOGGER": "supervisor", "CODE_FILE": "Supervisor/Supervisor.swift",
        "CODE_LINE": "42", "CODE_FUNC": "run()",
      ])
  }

  @Test func aMessageStaysOneLine() {
    #expect(fields(event(.info, "a\nMESSAGE=b"))["MESSAGE"] == "a\\nMESSAGE=b")
  }

  @Test(arguments: [
    ("user", "POINTSD_USER"), ("last-error", "POINTSD_LAST_ERROR"), ("ß\n", "POINTSD_SS_"),
    ("é=x", "POINTSD____X"),
  ])
  func fieldNamesAreWhatTheJournalAccepts(key: String, name: String) {
    #expect(JournalLogHandler.fieldName(key) == name)
    #expect(JournalLogHandler.fieldName(String(repeating: "k", count: 100)).utf8.count == 64)
  }

  @Test func prioritiesFollowSeverity() {
    let priorities = Logger.Level.allCases.map { JournalLogHandler.priority($0) }
    #expect(priorities == priorities.sorted(by: >))
    #expect(JournalLogHandler.priority(.critical) == 2)
  }

  @Test func loggingWithoutAJournalDoesNoHarm() {
    JournalLogHandler(label: "test", level: .info).log(event: event(.debug, "nobody reads this"))
  }
}

@Suite struct LogOutputTests {
  /// A pipe: an open descriptor that is no terminal.
  private func withPipe(_ body: (Int32, stat) throws -> Void) rethrows {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    var information = stat()
    #expect(fstat(ends[1], &information) == 0)
    try body(ends[1], information)
  }

  @Test func theJournalIsChosenOnlyForItsOwnStream() {
    withPipe { descriptor, information in
      let own = "\(information.st_dev):\(information.st_ino)"
      let other = "\(information.st_dev):\(information.st_ino + 1)"
      func detect(_ stream: String?) -> LogOutput {
        LogOutput.detect(
          journalStream: stream, noColour: nil, terminal: "xterm", standardError: descriptor)
      }
      #expect(detect(own) == .journal)
      #expect(detect(other) == .terminal(coloured: false))
      #expect(detect("") == .terminal(coloured: false))
      #expect(detect(nil) == .terminal(coloured: false))
    }
  }

  @Test func colourIsForTerminalsThatWantIt() {
    // The controlling side of a pseudo-terminal is a terminal itself.
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    #expect(terminal >= 0)
    defer { close(terminal) }
    func detect(_ noColour: String?, _ kind: String?) -> LogOutput {
      LogOutput.detect(
        journalStream: nil, noColour: noColour, terminal: kind, standardError: terminal)
    }
    #expect(detect(nil, "xterm") == .terminal(coloured: true))
    #expect(detect("", "xterm") == .terminal(coloured: true))
    #expect(detect("1", "xterm") == .terminal(coloured: false))
    #expect(detect(nil, "dumb") == .terminal(coloured: false))
  }

  @Test func theHandlerIsTheOutputs() {
    #expect(LogOutput.journal.makeHandler(label: "x", level: .error) is JournalLogHandler)
    let handler = LogOutput.terminal(coloured: false).makeHandler(label: "x", level: .error)
    #expect(handler is TerminalLogHandler)
    #expect(handler.logLevel == .error)
  }
}
