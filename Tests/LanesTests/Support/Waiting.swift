/// Returns when `condition` holds no longer. A test's time limit ends the wait by cancellation.
func waitWhile(_ condition: () async throws -> Bool) async throws {
  while try await condition() {
    try Task.checkCancellation()
    await Task.yield()
  }
}
