import Glibc
import SystemPackage

/// Why something could not be done with a file or directory, in words for the operator.
package struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, on what, and why.
  package let description: String
  /// The error number of the system call; 0 when it was refused here.
  package let code: Int32

  package init(_ description: String, code: Int32 = 0) {
    self.description = description
    self.code = code
  }

  /// Of the system call that failed just now.
  /// - Parameter action: what was tried, such as `cannot open /x`.
  static func last(_ action: String) -> FileError {
    failed(action, Errno(rawValue: errno))
  }

  static func failed(_ action: String, _ error: Errno) -> FileError {
    FileError("\(action): \(error)", code: error.rawValue)
  }
}

/// The name of an account of this machine, or its number in words.
package func accountName(_ user: uid_t) -> String {
  getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "user \(user)"
}
