import Points
import Synchronization
import Testing

@testable import Supervisor

/// Reads for HTTP share what one read of the database answers.
@Suite(.timeLimit(.minutes(1))) struct RowReaderTests {
  /// Holds each read until the test answers it.
  private final class HeldReader: PointsReader {
    typealias Deliver = @Sendable (Result<[PointsRow], ReadFailure>) -> Void

    private let reads = Mutex<[(users: [String], deliver: Deliver)]>([])

    func readRows(of users: [String], deliver: @escaping Deliver) {
      reads.withLock { $0.append((users, deliver)) }
    }

    /// Answers the next read, with points that tell which it was.
    func answer(points: Int64) async -> [String] {
      while true {
        let next = reads.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next else {
          await Task.yield()
          continue
        }
        next.deliver(
          .success(next.users.map { PointsRow(user: $0, points: points, stamp: nil) }))
        return next.users
      }
    }
  }

  private let held = HeldReader()
  private let reader: RowReader

  init() { reader = RowReader(held, time: ManualTime().source) }

  /// Begins to read and returns once the reader has taken the request in.
  private func ask(_ users: [String]) async -> Task<RowReader.Rows?, Never> {
    let before = await reader.waitingCount
    let task = Task { await reader.rows(of: users) }
    while await reader.waitingCount == before { await Task.yield() }
    return task
  }

  @Test func thoseWhoAskForTheSameShareOneList() async throws {
    let first = await ask(["Afif", "Faiz"])
    // These come while the first read is under way, and get the rows of the next one.
    let second = await ask(["Afif", "Faiz"])
    let third = await ask(["Afif", "Faiz"])
    #expect(await held.answer(points: 1) == ["Afif", "Faiz"])
    #expect(await held.answer(points: 2) == ["Afif", "Faiz"])
    let (one, two, three) = (await first.value, await second.value, await third.value)
    #expect(one?.rows.map(\.points) == [1, 1])
    #expect(two?.rows.map(\.points) == [2, 2])
    #expect(two?.version == three?.version)
    #expect(one?.version != two?.version)
  }

  /// A reload may come between two requests that one read answers.
  @Test func thoseWhoAskForOthersHaveAVersionOfTheirOwn() async throws {
    let first = await ask(["Afif"])
    let second = await ask(["Afif", "Faiz"])
    let third = await ask(["Afif"])
    _ = await held.answer(points: 1)
    _ = await held.answer(points: 2)
    _ = await first.value
    let (two, three) = (await second.value, await third.value)
    #expect(two?.rows.map(\.user) == ["Afif", "Faiz"])
    #expect(three?.rows.map(\.user) == ["Afif"])
    #expect(two?.version != three?.version)
  }
}
