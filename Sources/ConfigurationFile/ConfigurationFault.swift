import JSONText

/// One thing that is wrong with a configuration file.
public struct ConfigurationFault: Sendable, Hashable {
  /// Counted from 1; nil when the fault is the file as a whole.
  public let line: Int?
  /// In characters, counted from 1; nil when the fault is the file as a whole.
  public let column: Int?
  /// The key, such as `users[2].port`; empty where no key is at fault.
  public let keyPath: String
  /// What is wrong and what would be right.
  public let message: String

  public init(line: Int?, column: Int?, keyPath: String, message: String) {
    self.line = line
    self.column = column
    self.keyPath = keyPath
    self.message = message
  }
}

/// What is wrong with a configuration file, in the order of the file.
public struct ConfigurationFaults: Error, Sendable, Hashable {
  /// The file as the operator named it.
  public let file: String
  /// The first of them: at least one, at most some hundred.
  public let faults: [ConfigurationFault]
  /// How many more there are.
  public let omittedCount: Int

  public init(file: String, faults: [ConfigurationFault], omittedCount: Int = 0) {
    self.file = file
    self.faults = faults
    self.omittedCount = omittedCount
  }
}

extension ConfigurationFaults: CustomStringConvertible {
  /// One fault a line: `file:line:column: key: message`.
  public var description: String {
    let name = excerpt(file, limit: 4096)
    let lines = faults.map { fault in
      var line = name
      if let number = fault.line, let column = fault.column { line += ":\(number):\(column)" }
      if !fault.keyPath.isEmpty { line += ": \(fault.keyPath)" }
      return line + ": " + fault.message
    }
    let rest = omittedCount > 0 ? ["\(name): and \(omittedCount) more"] : []
    return (lines + rest).joined(separator: "\n")
  }
}
