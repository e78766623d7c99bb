/// Decides which read of the database answers which request, and when the last known values have
/// to do.
///
/// Requests that come while a read is under way are gathered and answered by the next one, so
/// that every answer comes from a row read after its request, however many clients ask. When
/// reads have not been answered for `readTimeout`, the database is away: what waits, and what comes
/// later, is answered at once from the last known values, while the gate probes with growing
/// pauses until a read succeeds.
///
/// Pure: events in, decisions out. Times are nanoseconds of any clock that never goes back.
/// Subjects are the caller's numbers for users, from 0; tickets its numbers for who waits.
public struct ReadBatcher: Sendable {
  /// What a request is to do.
  public enum Admission: Sendable, Hashable {
    /// Wait for the group of this number.
    case wait(group: UInt64)
    /// Be answered from the last known value.
    case lastKnown
  }

  /// What is known of the database.
  private enum Condition: Sendable {
    case available
    /// Since this moment reads go unanswered; still hoping.
    case troubled(since: Int64)
    case away
  }

  /// Tickets that one read answers.
  private struct Group: Sendable {
    var number: UInt64
    var tickets: [UInt64] = []
    var subjects: [Int] = []

    mutating func restart(as number: UInt64) {
      self.number = number
      tickets.removeAll(keepingCapacity: true)
      subjects.removeAll(keepingCapacity: true)
    }
  }

  /// How long the database may leave reads unanswered, in nanoseconds.
  public static let readTimeout: Int64 = 1_000_000_000
  /// The pause before the first read after a failed one, in nanoseconds; it doubles.
  public static let firstPause: Int64 = 50_000_000
  /// The longest pause between two probes, in nanoseconds.
  public static let longestPause: Int64 = 1_000_000_000

  private var condition = Condition.available
  private var gathering = Group(number: 1)
  private var reading = Group(number: 0)
  private var isReading = false
  private var readBegan: Int64 = 0
  private var pause = ReadBatcher.firstPause
  /// No read before this moment: the pause after a failed one.
  private var pauseEnds: Int64?
  /// The number of the last group each subject was put into.
  private var lastGroup: [UInt64] = []

  public init() {}

  /// Whether requests are answered from the last known values.
  public var isAway: Bool {
    if case .away = condition { true } else { false }
  }

  /// The number of the group that gathers now.
  public var gatheringGroup: UInt64 { gathering.number }

  /// A request came in.
  ///
  /// - Parameters:
  ///   - ticket: who waits; nil when it is in the gathering group already.
  ///   - subject: whose row is wanted.
  public mutating func ask(_ ticket: UInt64?, about subject: Int) -> Admission {
    while lastGroup.count <= subject { lastGroup.append(0) }
    if lastGroup[subject] != gathering.number {
      lastGroup[subject] = gathering.number
      gathering.subjects.append(subject)
    }
    if isAway { return .lastKnown }
    if let ticket { gathering.tickets.append(ticket) }
    return .wait(group: gathering.number)
  }

  /// Everything at hand was taken in: begins a read if one is due.
  ///
  /// - Returns: the subjects to read now, nil when there is nothing to read or one is under way.
  public mutating func beginRead(now: Int64) -> [Int]? {
    guard !isReading, now >= pauseEnds ?? .min, !gathering.subjects.isEmpty else { return nil }
    swap(&reading, &gathering)
    gathering.restart(as: reading.number &+ 1)
    isReading = true
    readBegan = now
    pauseEnds = nil
    return reading.subjects
  }

  /// The read that was begun last succeeded.
  ///
  /// - Returns: the tickets that are answered by it, the number of their group, and when the read
  ///   began.
  public mutating func readSucceeded() -> (tickets: [UInt64], group: UInt64, began: Int64) {
    isReading = false
    condition = .available
    pause = Self.firstPause
    return (reading.tickets, reading.number, readBegan)
  }

  /// The read that was begun last failed: those who wait go on waiting, in the group that gathers.
  public mutating func readFailed(now: Int64) {
    isReading = false
    if case .available = condition { condition = .troubled(since: readBegan) }
    gathering.tickets.insert(contentsOf: reading.tickets, at: 0)
    reading.tickets.removeAll(keepingCapacity: true)
    for subject in reading.subjects where lastGroup[subject] != gathering.number {
      lastGroup[subject] = gathering.number
      gathering.subjects.append(subject)
    }
    pauseEnds = now + pause
    pause = min(pause * 2, Self.longestPause)
  }

  /// When `deadlineReached` is due next; nil when nothing is due.
  public var nextDeadline: Int64? {
    let timeoutEnds = self.timeoutEnds
    guard let pauseEnds, !isReading else { return timeoutEnds }
    return min(pauseEnds, timeoutEnds ?? pauseEnds)
  }

  /// Time passed.
  ///
  /// - Returns: when the database went away just now, everybody who waits, and the number of the
  ///   newest group among theirs; they are to be answered from the last known values. Call
  ///   `beginRead` afterwards in any case.
  public mutating func deadlineReached(now: Int64) -> (tickets: [UInt64], group: UInt64)? {
    guard let timeoutEnds, now >= timeoutEnds else { return nil }
    condition = .away
    let tickets = (isReading ? reading.tickets : []) + gathering.tickets
    let newest = gathering.number
    reading.tickets.removeAll(keepingCapacity: true)
    gathering.tickets.removeAll(keepingCapacity: true)
    // A request from now on must not be taken for one of those who were just answered.
    gathering.number = newest &+ 1
    for subject in gathering.subjects { lastGroup[subject] = gathering.number }
    return (tickets, newest)
  }

  private var timeoutEnds: Int64? {
    switch condition {
    case .available: isReading ? readBegan + Self.readTimeout : nil
    case .troubled(let since): since + Self.readTimeout
    case .away: nil
    }
  }
}
