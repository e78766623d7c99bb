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
    }
    #expect(
      sent == [
        "READY=1\nSTATUS=5/5 users running", "STOPPING=1", "WATCHDOG=1",
      ])
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
