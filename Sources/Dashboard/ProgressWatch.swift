import Synchronization

/// Ends a transfer that stands still, whichever side it is: it may hold a place that is there once.
struct ProgressWatch: Sendable {
  let time: DashboardTime
  /// Ends the transfer, whatever it waits for.
  let end: @Sendable () -> Void

  /// A transfer is ended when nothing moves in one whole interval of this length.
  static let interval = Duration.seconds(60)

  /// How often something moved.
  final class Progress: Sendable {
    private let count = Atomic(0)
    func moved() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
  }

  /// Does `work`, which says of every step that it moved.
  func run<Result>(_ work: (Progress) async throws -> Result) async throws -> Result {
    let progress = Progress()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var seen = progress.value
        while true {
          try await time.sleep(Self.interval)
          guard progress.value != seen else { break }
          seen = progress.value
        }
        end()
      }
      defer { group.cancelAll() }
      return try await work(progress)
    }
  }
}
