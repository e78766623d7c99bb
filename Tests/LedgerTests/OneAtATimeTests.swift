import Synchronization
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct OneAtATimeTests {
  /// How many are inside, at most, and in all.
  private final class Inside: Sendable {
    let count = Mutex((now: 0, most: 0, times: 0))
  }

  @Test func oneIsInAfterTheOther() async {
    let gate = OneAtATime()
    let inside = Inside()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await gate.run {
            inside.count.withLock {
              $0.now += 1
              $0.times += 1
              $0.most = max($0.most, $0.now)
            }
            await Task.yield()
            inside.count.withLock { $0.now -= 1 }
          }
        }
      }
    }
    #expect(inside.count.withLock { $0.most } == 1)
    #expect(inside.count.withLock { $0.times } == 50)
  }

  /// One that stays inside keeps nobody out for longer than the limit, and whoever comes later has
  /// the whole to itself again.
  @Test func theLimitIsKept() async {
    let gate = OneAtATime()
    let (ended, end) = AsyncStream.makeStream(of: Never.self)
    let (entered, enter) = AsyncStream.makeStream(of: Void.self)
    let first = Task {
      await gate.run {
        enter.yield()
        for await _ in ended {}
      }
    }
    for await _ in entered { break }
    for _ in 0..<3 { await gate.run(within: .milliseconds(1)) {} }
    end.finish()
    await first.value
    await gate.run {}
  }

  @Test func anErrorLetsTheNextIn() async {
    struct Failure: Error {}
    let gate = OneAtATime()
    await #expect(throws: Failure.self) { try await gate.run { throw Failure() } }
    await gate.run {}
  }
}
