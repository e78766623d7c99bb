import Logging
import Synchronization

/// The lines about refused and failed requests, summed up.
final class RefusalLog: Sendable {
  private let refusals = Mutex(RefusalSummary())
  private let failures = Mutex(RefusalSummary())
  private let time: DashboardTime
  private let logger: Logger

  /// How often summaries are looked at that are due.
  private static let pause = Duration.seconds(10)

  init(time: DashboardTime, logger: Logger) {
    self.time = time
    self.logger = logger
  }

  /// A request was refused.
  /// - Parameters:
  ///   - request: method and path.
  ///   - reason: why, for the operator.
  func refused(_ request: String, from peer: Peer, reason: String) {
    let now = time.monotonicNanoseconds()
    write(refusals.withLock { $0.add(peer.group, reason, now: now) }, request: request)
  }

  /// A request failed by our own fault.
  /// - Parameter route: method and path as declared: what strangers write has no end.
  func failed(_ route: String, _ error: any Error) {
    let now = time.monotonicNanoseconds()
    writeFailures(failures.withLock { $0.add(route, "\(error)", now: now) })
  }

  /// Writes summaries when they are due, and all of them at the end.
  func run() async {
    while !Task.isCancelled {
      // Cancelled: what is left is written below.
      do { try await time.sleep(Self.pause) } catch { break }
      let now = time.monotonicNanoseconds()
      write(refusals.withLock { $0.expire(now: now) })
      writeFailures(failures.withLock { $0.expire(now: now) })
    }
    write(refusals.withLock { $0.finish() })
    writeFailures(failures.withLock { $0.finish() })
  }

  private func write(_ lines: [RefusalSummary.Line], request: String = "a request") {
    for line in lines {
      let peer = line.subject ?? "other addresses"
      let what =
        line.count.map { "\($0) request\($0 == 1 ? "" : "s") from \(peer) in the last minute" }
        ?? "\(request) from \(peer)"
      logger.warning("refused \(what): \(line.reasons)", metadata: ["event": "refused"])
    }
  }

  private func writeFailures(_ lines: [RefusalSummary.Line]) {
    for line in lines {
      let often = line.count.map { " \($0) times in the last minute" } ?? ""
      logger.error(
        "\(line.subject ?? "other requests") failed\(often): \(line.reasons)",
        metadata: ["event": "http"])
    }
  }
}

extension Peer {
  /// The peer as the log sums it up: all of an IPv6 network of 64 bits is one.
  fileprivate var group: String {
    guard case .tcp(let host?, _) = transport, !host.isLoopback else { return address }
    return LoginRateLimiter.key(host)
  }
}
