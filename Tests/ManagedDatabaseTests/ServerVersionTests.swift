import ManagedDatabase
import Testing

@Suite struct ServerVersionTests {
  @Test(arguments: [
    ("/usr/sbin/mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu", "10.11"),
    // MariaDB 11.8 where there is no network device.
    (
      """
      2026-11-26  7:07:35 0 [Warning] failed to retrieve the MAC address
      /usr/sbin/mariadbd  Ver 11.8.9-MariaDB-0+deb13u1 from Debian for debian-linux-gnu
      """, "11.8"
    ),
    ("/opt/maria-10.6/mariadbd  Ver 12.0.1-MariaDB", "12.0"),
  ])
  func isBehindTheWordVer(_ output: String, _ version: String) {
    #expect(ServerVersion(programOutput: output)?.description == version)
  }

  @Test(arguments: ["", "mariadbd: cannot open shared object file 1.2.3", "mariadbd  Ver "])
  func isUnknownOtherwise(_ output: String) {
    #expect(ServerVersion(programOutput: output) == nil)
  }
}
