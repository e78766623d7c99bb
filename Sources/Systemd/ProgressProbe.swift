import Synchronization

/// A part of the daemon that the watchdog looks after.
public struct ProgressProbe: Sendable {
  /// Names the part in the log: `lane 1`, `supervisor`.
  public let name: String
  /// Shows the part's progress; called from any thread, returns at once.
  let read: @Sendable () -> Progress
  /// Asks the part for a sign of life and waits for it, if it gives one on request.
  let answer: (@Sendable () async -> Void)?

  /// A part that counts what it does.
  public init(_ name: String, reading: @escaping @Sendable () -> Progress) {
    self.name = name
    self.read = reading
    self.answer = nil
  }

  /// A part that answers when asked, an actor for example: it stands still when the answer does
  /// not come until the look after next.
  public init(_ name: String, answering: @escaping @Sendable () async -> Void) {
    let answers = AnswerCount()
    self.name = name
    self.read = { .count(answers.value.load(ordering: .relaxed)) }
    self.answer = {
      await answering()
      answers.value.add(1, ordering: .relaxed)
    }
  }
}

/// How often a part has answered.
private final class AnswerCount: Sendable {
  let value = Atomic<UInt64>(0)
}
