/// Why the private database cannot be used, in a sentence for the operator.
public enum ManagedDatabaseError: Error, Sendable, Hashable {
  /// A program or package is missing. Exit status 69.
  case missing(String)
  /// Another daemon has the directory. Exit status 75.
  case held(String)
  /// The directory cannot be used as it is: wrong owner, newer version. Exit status 78.
  case unusable(String)
  /// It did not work this time. Exit status 75.
  case failed(String)
}

extension ManagedDatabaseError {
  /// Whether another try gives the same until something is changed.
  var isFinal: Bool {
    switch self {
    case .missing, .held, .unusable: true
    case .failed: false
    }
  }
}

extension ManagedDatabaseError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let text), .held(let text), .unusable(let text), .failed(let text): text
    }
  }
}
