import Testing

@testable import MariaDB

struct ServerVersionTests {
  @Test(arguments: [
    "10.6.0-MariaDB", "10.11.6-MariaDB-0+deb12u1", "11.8.2-MariaDB", "5.5.5-10.11.6-MariaDB",
    "12.0.1-MariaDB-log",
  ])
  func isUsed(_ version: String) { #expect(ServerVersion.refusal(version) == nil) }

  @Test(arguments: [
    ("8.0.36", "this server is MySQL 8.0.36"), ("5.7.44-log", "MySQL"),
    ("10.5.23-MariaDB", "this server is MariaDB 10.5.23-MariaDB, and pointsd needs 10.6"),
    ("5.5.5-10.3.39-MariaDB", "MariaDB 10.3.39"), ("5.5.68-MariaDB", "5.5.68"),
  ])
  func isRefused(_ version: String, _ words: String) {
    #expect(ServerVersion.refusal(version)?.contains(words) == true)
  }
}
