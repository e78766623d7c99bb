import Lanes
import Logging
import Points

/// Lanes with one server, a scripted database and a clock that stands still.
struct LaneFixture {
  static let afif = PointsRow(
    user: "Afif", points: 120,
    stamp: DateTimeStamp(year: 2026, month: 1, day: 12, hour: 14, minute: 30))
  static let line = "User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00"

  let clock: ManualClock
  let reader = ScriptedReader()
  let lanes: LaneSet
  let listener: any OpenListener
  let faults = Faults()

  init(limits: LaneLimits = LaneLimits(), descriptors: Int = 100_000, servers: Int = 1) async throws
  {
    reader.set(Self.afif)
    let reader = reader
    clock = ManualClock { reader.settle() }
    lanes = try LaneSet(
      count: 1, limits: limits, logger: Logger(label: "lanes") { _ in SwiftLogNoOpLogHandler() },
      clock: clock, descriptors: descriptors, servers: servers, makeReader: { _ in reader })
    let faults = faults
    listener = try await lanes.open(Self.specification()) { faults.add($0) }
  }

  static func specification(
    _ user: String = "Afif", address: String = "127.0.0.1", port: Int = 0
  ) -> ListenerSpecification {
    ListenerSpecification(user: user, server: "server1", address: address, port: port)
  }

  func client(receiveBuffer: Int32? = nil) throws -> Client {
    try Client(port: listener.port, receiveBuffer: receiveBuffer)
  }

  /// A client whom the lane has accepted.
  func accepted() async throws -> Client {
    let before = listener.connections
    let client = try client()
    try await waitWhile { listener.connections == before }
    return client
  }

  /// Returns when the lane has taken in so many bytes altogether.
  func tookIn(bytes: Int) async throws {
    try await waitWhile { await lanes.statistics().bytesReceived < bytes }
  }

  /// Points as the database has them from now on.
  func setPoints(_ points: Int64) {
    reader.set(PointsRow(user: "Afif", points: points, stamp: Self.afif.stamp))
  }

  static func line(points: Int64) -> String {
    "User: Afif | Points: \(points) | Last Update: 2026-01-12 14:30:00"
  }
}
