import Points

extension ServerStatus {
  /// A server that runs.
  static func test(
    _ name: String, _ user: String, _ port: Int, _ groups: [String]
  ) -> ServerStatus {
    ServerStatus(
      name: name, user: user, address: "127.0.0.1", port: port, groups: groups, status: .running,
      wanted: .running,
      reason: nil, since: DateTimeStamp(at: 2026, 1, 12, 14, 0, 0), connections: 3,
      requests: 40, lastError: nil)
  }
}

extension DateTimeStamp {
  init(
    at year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int
  ) {
    self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
  }
}
