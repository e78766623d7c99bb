import Points
import Synchronization

/// Room for one at a time, such as the one who makes a backup.
final class SinglePlace: Sendable {
  private let what: String
  private let holder = Mutex<(requestedBy: String, since: DateTimeStamp)?>(nil)

  /// - Parameter what: such as `a backup`.
  init(_ what: String) {
    self.what = what
  }

  /// Holds the place until nobody holds this value any more.
  final class Lease: Sendable {
    private let place: SinglePlace

    fileprivate init(_ place: SinglePlace) {
      self.place = place
    }

    deinit { place.holder.withLock { $0 = nil } }
  }

  /// Takes the place.
  /// - Throws: `conflict`, which names who has it.
  func take(for requestedBy: String, since: DateTimeStamp) throws(ControlError) -> Lease {
    let other = holder.withLock { holder in
      defer { if holder == nil { holder = (requestedBy, since) } }
      return holder
    }
    if let other {
      throw .conflict(
        "\(what) is under way, asked by \(other.requestedBy) at \(other.since) UTC; try again when it is "
          + "done")
    }
    return Lease(self)
  }
}
