/// What a check of the ledger found, in one snapshot of the database.
public struct Verification: Sendable, Hashable {
  /// One thing that is not as the rule says.
  public struct Difference: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      /// `points` is not what runs and adjustments add up to.
      case points
      /// The row in `user_tracking` is missing.
      case missingRow = "missing row"
      /// Two runs of the user overlap in time.
      case overlap
      /// A run is open though the user is not to earn.
      case openRun = "open run"
      /// No run is open though the user is to earn.
      case noOpenRun = "no open run"
      /// A run is credited beyond the present.
      case future
    }
    public let user: String
    public let kind: Kind
    /// The whole sentence for the operator, with the figures.
    public let message: String

    public init(user: String, kind: Kind, message: String) {
      self.user = user
      self.kind = kind
      self.message = message
    }
  }

  /// Users looked at.
  public let users: Int
  /// Empty when everything is as it should be.
  public let differences: [Difference]
  /// What an operator should know though nothing is wrong now, such as a row that was re-created.
  public var notices: [String]

  public init(users: Int, differences: [Difference], notices: [String]) {
    self.users = users
    self.differences = differences
    self.notices = notices
  }
}
