import ArgumentParser
import Dashboard
import ManagedDatabase
import Points
import Systemd

/// How the daemon ends, after sysexits.h, so that a service manager knows whether another start
/// can help.
enum ExitStatus {
  /// A needed service is missing.
  static let serviceMissing = ExitCode(69)
  /// Our fault.
  static let internalError = ExitCode(70)
  /// Try again.
  static let tryAgain = ExitCode(75)
  /// The configuration, or what it names, cannot be used.
  static let configuration = ExitCode(78)

  /// The status for an error that ended the daemon.
  static func of(_ error: any Error) -> ExitCode {
    switch error {
    case let code as ExitCode: code
    case ManagedDatabaseError.missing: serviceMissing
    case ManagedDatabaseError.held, ManagedDatabaseError.failed: tryAgain
    case ManagedDatabaseError.unusable: configuration
    case LedgerError.refused, LedgerError.unavailable: tryAgain
    case LedgerError.failed, LedgerError.unknownUser: configuration
    case is ControlSocketError: configuration
    default: internalError
    }
  }

  /// Says on standard error why the daemon cannot start, before there is a log.
  static func complain(_ text: String) {
    StandardStream.error.write("pointsd: \(text)\n")
  }
}
