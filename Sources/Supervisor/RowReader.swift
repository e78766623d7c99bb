import Points

/// Reads rows for HTTP in groups: requests that come while a query is under way are answered by the
/// next one, so that every answer is from a row read after its request, however many ask. What the
/// database leaves unanswered for a second is answered from the last known values.
actor RowReader {
  /// Rows of one read, by name.
  struct Rows: Sendable {
    let rows: [PointsRow]
    /// Rises with each list of rows: those who share one have the same.
    let version: UInt64
  }

  private let reader: any PointsReader
  private let time: TimeSource
  private var batcher = ReadBatcher()
  private var subjects: [String: Int] = [:]
  private var names: [String] = []
  private var waiting:
    [UInt64: (users: [String], continuation: CheckedContinuation<Rows?, Never>)] =
      [:]
  private var lastTicket: UInt64 = 0
  private var version: UInt64 = 0
  private var alarm: Int64?
  /// The answer of the latest read to those who asked for the same users.
  private var latest: (users: [String], rows: Rows)?

  init(_ reader: any PointsReader, time: TimeSource) {
    self.reader = reader
    self.time = time
  }

  /// Requests that wait for a read.
  var waitingCount: Int { waiting.count }

  private var now: Int64 { time.monotonicMilliseconds() * 1_000_000 }

  /// The rows of some users, sorted by name; nil while the database does not answer.
  func rows(of users: [String]) async -> Rows? {
    guard !users.isEmpty else { return Rows(rows: [], version: 0) }
    lastTicket += 1
    let ticket = lastTicket
    for (index, user) in users.enumerated() {
      let admission = batcher.ask(index == 0 ? ticket : nil, about: subject(of: user))
      if case .lastKnown = admission, index == users.count - 1 {
        begin()
        return nil
      }
    }
    return await withCheckedContinuation { continuation in
      waiting[ticket] = (users, continuation)
      begin()
    }
  }

  private func subject(of user: String) -> Int {
    if let known = subjects[user] { return known }
    subjects[user] = names.count
    names.append(user)
    return names.count - 1
  }

  private func begin() {
    if let subjects = batcher.beginRead(now: now) {
      reader.readRows(of: subjects.map { names[$0] }) { result in
        Task { await self.ended(result) }
      }
    }
    setAlarm()
  }

  private func ended(_ result: Result<[PointsRow], ReadFailure>) {
    switch result {
    case .success(let rows):
      let found = Dictionary(rows.map { ($0.user, $0) }, uniquingKeysWith: { $1 })
      latest = nil
      for ticket in batcher.readSucceeded().tickets { answer(ticket, found) }
    case .failure: batcher.readFailed(now: now)
    }
    begin()
  }

  private func answer(_ ticket: UInt64, _ found: [String: PointsRow]) {
    guard let (users, continuation) = waiting.removeValue(forKey: ticket) else { return }
    // Those who ask for everybody share one list.
    if latest?.users != users {
      let rows = users.compactMap { found[$0] }.sorted { $0.user < $1.user }
      version += 1
      latest = (users, Rows(rows: rows, version: version))
    }
    continuation.resume(returning: latest?.rows)
  }

  private func setAlarm() {
    guard let deadline = batcher.nextDeadline, alarm.map({ deadline < $0 }) ?? true else { return }
    alarm = deadline
    Task {
      try? await time.sleep(.nanoseconds(max(0, deadline - now)))
      rang(deadline)
    }
  }

  private func rang(_ deadline: Int64) {
    if alarm == deadline { alarm = nil }
    if let (tickets, _) = batcher.deadlineReached(now: now) {
      for ticket in tickets {
        waiting.removeValue(forKey: ticket)?.continuation.resume(returning: nil)
      }
    }
    begin()
  }
}
