import Points
import Synchronization

/// The users of the latest group read as the API sends them: encoded once, for all whom that read
/// answers.
final class EncodedUsers: Sendable {
  private let latest = Mutex<(version: UInt64, users: [UInt8])?>(nil)

  /// The list of users in a reading.
  func list(_ reading: Reading<[PointsRow]>) -> JSON {
    guard let version = reading.version else { return Self.encode(reading.value) }
    let known = latest.withLock { $0?.version == version ? $0?.users : nil }
    if let known { return .encoded(known) }
    let users = Self.encode(reading.value).encoded
    latest.withLock { $0 = (version, users) }
    return .encoded(users)
  }

  private static func encode(_ rows: [PointsRow]) -> JSON {
    Shapes.user.list(rows)
  }
}
