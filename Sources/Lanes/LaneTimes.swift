/// Times and amounts that bound what a lane does for one client.
enum LaneTimes {
  /// Bytes taken from one connection at a time: this bounds the replies that one read makes.
  static let readSize = 2048
  /// Rounds of events before others get their turn on the queue.
  static let roundsPerTurn = 16
  /// How long a client may take to read what is pending when its server stops.
  static let drainSeconds = 2
  /// How long a client may take to end its side after we ended ours.
  static let lingerMilliseconds: Int64 = 1000
}
