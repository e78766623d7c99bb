/// One user and its server as configured.
public struct ServerDefinition: Sendable, Hashable {
  /// At most 100 bytes of UTF-8, in Unicode's normalisation form C.
  public var user: String
  /// The server's name.
  public var server: String
  /// Each spelt as where it stands first in the file.
  public var groups: [String]
  /// An IPv4 or IPv6 address.
  public var address: String
  /// 1 to 65535.
  public var port: Int
  public var terms: AccrualTerms

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
  public var listener: ListenerSpecification {
    ListenerSpecification(user: user, server: server, address: address, port: port)
  }
}
