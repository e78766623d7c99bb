import Logging
import Points
import Synchronization

/// The one backup that is made: it holds its place, gives up when the database goes away before it
/// began, and says in the log how it ended.
final class SupervisedBackup: BackupStream {
  private struct State {
    var bytes = 0
    var isOver = false
    /// Why it was ended before it began.
    var outage: String?
  }

  private let stream: any BackupStream
  private let lease: SinglePlace.Lease
  private let requestedBy: String
  private let logger: Logger
  private let state = Mutex(State())
  private let awaitOutage: @Sendable () async throws -> String

  /// - Parameter awaitOutage: returns why the database is away, when it is; throws when cancelled.
  init(
    _ stream: any BackupStream, lease: SinglePlace.Lease, requestedBy: String, logger: Logger,
    awaitOutage: @escaping @Sendable () async throws -> String
  ) {
    self.stream = stream
    self.lease = lease
    self.requestedBy = requestedBy
    self.logger = logger
    self.awaitOutage = awaitOutage
  }

  deinit {
    guard !state.withLock({ $0.isOver }) else { return }
    logger.warning(
      "the backup asked by \(requestedBy) was left by its client and ended",
      metadata: ["event": "backup"])
  }

  func next() async throws -> [UInt8]? {
    do {
      let piece =
        state.withLock { $0.bytes } == 0 ? try await first() : try await stream.next()
      let bytes = state.withLock { state in
        state.bytes += piece?.count ?? 0
        state.isOver = piece == nil
        return state.bytes
      }
      if piece == nil {
        logger.notice(
          "backup of \(bytes) bytes, asked by \(requestedBy)", metadata: ["event": "backup"])
      }
      return piece
    } catch {
      state.withLock { $0.isOver = true }
      logger.warning(
        "the backup asked by \(requestedBy) ended unfinished: \(error)",
        metadata: ["event": "backup"])
      throw error
    }
  }

  /// The first piece. While there is none nothing is lost by ending, and nobody should wait for a
  /// database that is known to be away.
  private func first() async throws -> [UInt8]? {
    do {
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let reason = try await self.awaitOutage()
          self.state.withLock { $0.outage = reason }
          self.stream.cancel()
        }
        defer { group.cancelAll() }
        return try await stream.next()
      }
    } catch {
      if let reason = state.withLock({ $0.outage }) { throw ControlError.unavailable(reason) }
      throw error
    }
  }

  func cancel() { stream.cancel() }
}
