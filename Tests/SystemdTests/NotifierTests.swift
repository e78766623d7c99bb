import Glibc
import Testing

@testable import Systemd

@Suite struct NotifierTests {
  /// Messages that a notifier sends through a closure.
  private func messages(_ use: (Notifier) -> Void) async -> [String] {
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    use(Notifier { continuation.yield($0) })
    continuation.finish()
    return await stream.reduce(into: []) { $0.append($1) }
  }

  @Test func statesHaveTheNamesOfTheProtocol() async {
    let sent = await messages {
      $0.ready(status: "5/5 users running")
      $0.stopping()
      $0.watchdog()
      $0.extendTimeout(by: .milliseconds(1500))
    }
    #expect(
      sent == [
        "READY=1\nSTATUS=5/5 users running", "STOPPING=1", "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=1500000",
      ])
  }

  @Test func reloadingCarriesTheMonotonicTime() async throws {
    let sent = await messages { $0.reloading(status: "reading the file") }
    let lines = try #require(sent.first).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0] == "RELOADING=1")
    #expect(lines[1].hasPrefix("MONOTONIC_USEC="))
    let microseconds = try #require(UInt64(lines[1].dropFirst("MONOTONIC_USEC=".count)))
    #expect(microseconds > 0)
    #expect(lines[2] == "STATUS=reading the file")
  }

  @Test(arguments: [
    ("one\nREADY=1", "one READY=1"), ("a\r\nb", "a  b"), ("tab\tand \u{0}", "tab and  "),
    ("\u{85}next line", " next line"), ("Zoë 🙂", "Zoë 🙂"),
  ])
  func statusIsOneLine(text: String, expected: String) async {
    #expect(await messages { $0.status(text) } == ["STATUS=\(expected)"])
  }

  /// In a process of its own, since `NOTIFY_SOCKET` belongs to the whole process.
  @Test func aRealSocketReceivesEachMessageAsOneDatagram() async {
    await #expect(processExitsWith: .success) {
      let receiver = try DatagramReceiver()
      defer { receiver.close() }
      setenv("NOTIFY_SOCKET", receiver.path, 1)
      #expect(Notifier.isListenedTo)
      let notifier = Notifier()
      notifier.ready(status: "ready\nnot STOPPING=1")
      notifier.watchdog()
      #expect(receiver.receive() == "READY=1\nSTATUS=ready not STOPPING=1")
      #expect(receiver.receive() == "WATCHDOG=1")
    }
  }

  @Test func nothingHappensWithoutAServiceManager() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      #expect(!Notifier.isListenedTo)
      Notifier().ready(status: "nobody reads this")
    }
  }

  @Test func aServiceManagerThatIsGoneDoesNoHarm() async {
    await #expect(processExitsWith: .success) {
      let receiver = try DatagramReceiver()
      setenv("NOTIFY_SOCKET", receiver.path, 1)
      receiver.close()
      Notifier().ready()
    }
  }
}
