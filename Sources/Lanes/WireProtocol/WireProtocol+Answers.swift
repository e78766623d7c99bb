import JSONText
import Points

extension WireProtocol {
  /// The answer to `get_data`, without a line feed.
  /// - Parameter staleSeconds: the age of the row's value, when the database could not be asked.
  static func line(of row: PointsRow, staleSeconds: Int? = nil) -> [UInt8] {
    let stamp = row.stamp.map(\.description) ?? "never"
    var text = "User: \(row.user) | Points: \(row.points) | Last Update: \(stamp)"
    if let staleSeconds { text += " | Stale: \(cappedAge(staleSeconds))s" }
    return Array(text.utf8)
  }

  /// The answer to `get_json`, without a line feed.
  /// - Parameter staleSeconds: the age of the row's value, when the database could not be asked.
  static func json(of row: PointsRow, staleSeconds: Int? = nil) -> [UInt8] {
    var bytes = Array("{\"user\":".utf8)
    appendJSONString(row.user, to: &bytes)
    let stamp = row.stamp.map { "\"\($0)\"" } ?? "null"
    bytes += ",\"points\":\(row.points),\"datetime_stamp\":\(stamp)".utf8
    if let staleSeconds { bytes += ",\"stale_seconds\":\(cappedAge(staleSeconds))".utf8 }
    bytes.append(0x7D)
    return bytes
  }

  static let pong = Array("pong".utf8)
  static let help = Array(
    """
    Requests: get_data (also get, get_points, get_score, get_latest, fetch, \
    request_latest_points), get_json, watch, ping, help, quit (also exit)
    """.utf8)
  static let invalidCommand = Array("Invalid command. Use 'get_data' or 'quit'".utf8)
  static let requestTooLong = Array("Request too long".utf8)
  static let tooManyConnections = Array("Too many connections".utf8)
  /// The database is away and no value is known yet.
  static let databaseUnavailable = Array("Database unavailable".utf8)
  /// The database answers and holds no row of the user.
  static let userNotFound = Array("User not found".utf8)

  private static func cappedAge(_ seconds: Int) -> Int { max(0, min(seconds, maximumAgeSeconds)) }
}
