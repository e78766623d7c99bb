import Points

/// One user's server as configured.
public struct ServerDefinition: Sendable, Hashable {
  public let user: String
  public let server: String
  public let groups: [String]
  public let address: String
  public let port: Int
  public let terms: AccrualTerms

  public init(
    user: String, server: String, groups: [String], address: String, port: Int,
    terms: AccrualTerms
  ) {
    self.user = user
    self.server = server
    self.groups = groups
    self.address = address
    self.port = port
    self.terms = terms
  }

  /// What is asked of the lanes.
  var listener: ListenerSpecification {
    ListenerSpecification(user: user, server: server, address: address, port: port)
  }
}
