/// A test's surroundings could not be made.
public struct TestFault: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
