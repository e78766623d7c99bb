/// What the ledger holds, read at one moment.
public struct LedgerSnapshot: Sendable, Hashable {
  /// An open run of a user.
  public struct OpenRun: Sendable, Hashable {
    public let user: String
    public let terms: AccrualTerms

    public init(user: String, terms: AccrualTerms) {
      self.user = user
      self.terms = terms
    }
  }

  /// Another daemon that serves users of this ledger.
  public struct Instance: Sendable, Hashable {
    public let name: String
    /// When it last showed that it is alive.
    public let seen: DateTimeStamp
    public let users: Set<String>
    /// How long ago that was, in seconds of the database's clock, when this was read.
    public let secondsUnseen: Int64

    /// A daemon that was not seen for so many seconds does not work any more, or is cut off.
    public static let secondsUntilLost: Int64 = 30

    public init(
      name: String, seen: DateTimeStamp, users: Set<String>, secondsUnseen: Int64 = 0
    ) {
      self.name = name
      self.seen = seen
      self.users = users
      self.secondsUnseen = secondsUnseen
    }

    /// Whether it was not seen for long.
    public var isLost: Bool { secondsUnseen >= Self.secondsUntilLost }

    /// What an operator should know of one that is lost.
    public var notice: String {
      let names = users.sorted().prefix(5).joined(separator: ", ") + (users.count > 5 ? " …" : "")
      return
        "the instance \(name) was not seen since \(seen) UTC; its users (\(names)) earn on while"
        + " their runs are open: start it, or end that by: pointsctl forget '\(name)'"
    }
  }

  /// Rows, intents of the users that were asked for.
  public var rows: [PointsRow]
  public var intents: [Intent]
  /// All open runs of the ledger.
  public var openRuns: [OpenRun]
  /// Whom this instance serves, as it wrote last.
  public var served: Set<String>
  public var otherInstances: [Instance]
  /// The restore that this ledger comes from; nil when it was never restored.
  public var restoreMark: String?

  public init(
    rows: [PointsRow] = [], intents: [Intent] = [], openRuns: [OpenRun] = [],
    served: Set<String> = [], otherInstances: [Instance] = [], restoreMark: String? = nil
  ) {
    self.rows = rows
    self.intents = intents
    self.openRuns = openRuns
    self.served = served
    self.otherInstances = otherInstances
    self.restoreMark = restoreMark
  }

  /// As `LedgerStore.digest` gives it for the same moment.
  public var digest: LedgerDigest {
    var digest = LedgerDigest()
    for row in rows where served.contains(row.user) { digest.rows.add(row.fingerprint) }
    for intent in intents where served.contains(intent.user) {
      digest.intents.add(intent.fingerprint)
    }
    for run in openRuns where served.contains(run.user) { digest.runs.add(run.fingerprint) }
    return digest
  }
}

extension [LedgerSnapshot.Instance] {
  /// Users whom a living one of them serves.
  public var livingUsers: Set<String> { Set(filter { !$0.isLost }.flatMap(\.users)) }
}

/// A few numbers that differ when rows, intents or open runs differ.
///
/// Each entry counts with the CRC-32 of its text, as MariaDB's `CRC32` computes it, so that the
/// database digests what it has and the daemon what it holds.
public struct LedgerDigest: Sendable, Hashable {
  /// Count, sum and exclusive or of checksums: independent of their order.
  public struct Fold: Sendable, Hashable {
    public private(set) var count: Int64
    public private(set) var sum: Int64
    public private(set) var combined: Int64

    public init(count: Int64 = 0, sum: Int64 = 0, combined: Int64 = 0) {
      self.count = count
      self.sum = sum
      self.combined = combined
    }

    mutating func add(_ text: String) { fold(text, 1) }
    mutating func remove(_ text: String) { fold(text, -1) }

    private mutating func fold(_ text: String, _ sign: Int64) {
      let checksum = Int64(CRC32.checksum(text.utf8))
      count += sign
      sum &+= sign &* checksum
      combined ^= checksum
    }
  }

  public var rows: Fold
  public var intents: Fold
  public var runs: Fold

  public init(rows: Fold = Fold(), intents: Fold = Fold(), runs: Fold = Fold()) {
    self.rows = rows
    self.intents = intents
    self.runs = runs
  }

  /// A row became another one.
  public mutating func replace(_ old: PointsRow, by new: PointsRow) {
    rows.remove(old.fingerprint)
    rows.add(new.fingerprint)
  }
}

extension PointsRow {
  /// `Afif|120|1768228200`
  fileprivate var fingerprint: String {
    "\(user)|\(points)" + (stamp.map { "|\($0.secondsSinceEpoch)" } ?? "")
  }
}

extension Intent {
  fileprivate var fingerprint: String { "\(user)|\(running ? 1 : 0)|\(paused ? 1 : 0)|\(revision)" }
}

extension LedgerSnapshot.OpenRun {
  fileprivate var fingerprint: String {
    "\(user)|\(terms.points)|\(terms.intervalMilliseconds)"
  }
}

/// The checksum of ISO 3309 and zlib.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1
    }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { value, byte in
      table[Int((value ^ UInt32(byte)) & 0xff)] ^ (value >> 8)
    }
  }
}
