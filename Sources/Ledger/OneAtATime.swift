import Synchronization

/// Lets one in after the other, in the order in which they came.
final class OneAtATime: Sendable {
  private struct State {
    var isTaken = false
    var next = 0
    var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
  }

  private let state = Mutex(State())

  /// Runs `body` when nobody else is in.
  /// - Parameter limit: who has waited so long goes in beside the other; nil waits for ever.
  func run<Result: Sendable>(
    within limit: Duration? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Result
  ) async rethrows -> Result {
    let isAlone = await enter(within: limit)
    defer { if isAlone { leave() } }
    return try await body()
  }

  /// - Returns: false when the limit is over.
  private func enter(within limit: Duration?) async -> Bool {
    let number: Int? = state.withLock { state in
      guard state.isTaken else {
        state.isTaken = true
        return nil
      }
      state.next += 1
      return state.next
    }
    guard let number else { return true }
    let alarm = limit.map { limit in
      Task {
        try? await Task.sleep(for: limit)
        giveUp(number)
      }
    }
    defer { alarm?.cancel() }
    return await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if !state.isTaken {
          state.isTaken = true
          return true
        }
        state.waiting.append((number, continuation))
        return false
      }
      if isFree { continuation.resume(returning: true) }
    }
  }

  private func giveUp(_ number: Int) {
    let waiter = state.withLock { state in
      state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
    }
    waiter?.continuation.resume(returning: false)
  }

  private func leave() {
    let next = state.withLock { state in
      if state.waiting.isEmpty { state.isTaken = false }
      return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
    }
    next?.continuation.resume(returning: true)
  }
}
