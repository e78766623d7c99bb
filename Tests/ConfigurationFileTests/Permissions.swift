import Glibc
import TestSupport

/// Permissions hold nothing back from root.
var runsAsRoot: Bool { geteuid() == 0 }

func forbidReading(_ path: String) throws {
  guard chmod(path, 0) == 0 else { throw TestFault("chmod \(path)") }
}
