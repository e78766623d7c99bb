import Points

/// A user as a lane caches it: its value, the answers made of it, and who watches.
struct UserState {
  /// What was last read or published.
  enum Value: Equatable {
    case unknown
    /// The database answered and held no row.
    case missing
    case row(PointsRow)
  }

  let name: String
  private(set) var value = Value.unknown
  /// When the value was read, in nanoseconds of the lane's clock.
  private var readAt: Int64 = 0
  /// Rises with each change of the value that a read finds.
  private(set) var version: UInt32 = 0
  /// Watching connections.
  var watchers: [UInt64] = []

  /// Answers with their line feeds, made once a value; empty until asked for.
  private var line: [UInt8] = []
  private var json: [UInt8] = []
  private var staleLine: [UInt8] = []
  private var staleJSON: [UInt8] = []
  /// The age in the stale answers; it changes once a second.
  private var staleSeconds = -1

  init(name: String) { self.name = name }

  /// A read or a publication brought this value.
  mutating func take(_ new: Value, at moment: Int64) {
    readAt = moment
    staleSeconds = -1
    guard new != value else { return }
    value = new
    version &+= 1
    line.removeAll(keepingCapacity: true)
    json.removeAll(keepingCapacity: true)
  }

  /// The fresh answer.
  mutating func freshAnswer(json wantsJSON: Bool) -> [UInt8] {
    if wantsJSON {
      if json.isEmpty { json = text(json: true, staleSeconds: nil) }
      return json
    }
    if line.isEmpty { line = text(json: false, staleSeconds: nil) }
    return line
  }

  /// The answer while the database is away.
  mutating func staleAnswer(json wantsJSON: Bool, now: Int64) -> [UInt8] {
    let age = Int((now - readAt) / 1_000_000_000)
    if age != staleSeconds {
      staleSeconds = age
      staleLine = text(json: false, staleSeconds: age)
      staleJSON = text(json: true, staleSeconds: age)
    }
    return wantsJSON ? staleJSON : staleLine
  }

  private func text(json wantsJSON: Bool, staleSeconds: Int?) -> [UInt8] {
    let bytes =
      switch value {
      case .unknown: WireProtocol.databaseUnavailable
      case .missing: WireProtocol.userNotFound
      case .row(let row):
        wantsJSON
          ? WireProtocol.json(of: row, staleSeconds: staleSeconds)
          : WireProtocol.line(of: row, staleSeconds: staleSeconds)
      }
    return bytes + [0x0A]
  }
}
