import Dispatch
import Points
import Synchronization

/// A database that does what a test tells it to.
final class ScriptedReader: PointsReader {
  /// One read that waits for the test.
  struct Held: Sendable {
    let users: [String]
    fileprivate let deliver: @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  }

  private struct State {
    var rows: [String: PointsRow] = [:]
    var holds = false
    var fails = false
    var held: [Held] = []
    var reads = 0

    func outcome(of users: [String]) -> Result<[PointsRow], ReadFailure> {
      fails
        ? .failure(ReadFailure(reason: "connection lost"))
        : .success(users.compactMap { rows[$0] })
    }
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "scripted reader")

  /// Reads so far.
  var reads: Int { state.withLock { $0.reads } }

  /// Reads that wait to be released.
  var waiting: Int { state.withLock { $0.held.count } }

  func set(_ row: PointsRow) { state.withLock { $0.rows[row.user] = row } }

  func remove(_ user: String) { state.withLock { $0.rows[user] = nil } }

  /// From now on reads wait, fail, or neither.
  func behave(holding: Bool = false, failing: Bool = false) {
    state.withLock {
      $0.holds = holding
      $0.fails = failing
    }
  }

  func readRows(
    of users: [String], deliver: @escaping @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  ) {
    let result = state.withLock { state -> Result<[PointsRow], ReadFailure>? in
      state.reads += 1
      if state.holds {
        state.held.append(Held(users: users, deliver: deliver))
        return nil
      }
      return state.outcome(of: users)
    }
    if let result { queue.async { deliver(result) } }
  }

  /// Ends the oldest read that waits, with the rows as they are now.
  func release() {
    let ended = state.withLock { state in
      state.held.isEmpty ? nil : (state.held[0], state.outcome(of: state.held.removeFirst().users))
    }
    if let (held, result) = ended { held.deliver(result) }
  }

  /// Returns when every read that does not wait for the test has been delivered.
  func settle() {
    var before: Int
    repeat {
      before = reads
      queue.sync {}
    } while reads != before
  }

  /// Returns when a read waits.
  func hasRead() async throws {
    try await waitWhile { waiting == 0 }
  }
}
