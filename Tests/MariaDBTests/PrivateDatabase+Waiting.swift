import MariaDB
import TestSupport

extension PrivateDatabase {
  /// Waits until the server runs a statement with this word in it.
  func waitForStatement(_ word: String) async throws {
    for _ in 0..<500 {
      let running = try await asOperator { session in
        try session.query(
          "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE ? AND id <> CONNECTION_ID()",
          [.text("%\(word)%")]
        ) { try $0.integer(0) }
      }
      if running == [1] { return }
    }
    throw TestFault("the server never came to run \(word)")
  }
}
