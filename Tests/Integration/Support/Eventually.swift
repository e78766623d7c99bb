import Testing

/// Waits until `condition` holds; fails the test when it does not within half a minute.
func eventually(
  _ what: @autoclosure () -> String, _ condition: () async throws -> Bool,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let deadline = ContinuousClock.now + .seconds(30)
  var last: (any Error)?
  while ContinuousClock.now < deadline {
    do {
      if try await condition() { return }
      last = nil
    } catch {
      last = error
    }
    try await Task.sleep(for: .milliseconds(20))
  }
  Issue.record(
    "never happened: \(what())\(last.map { "; last error: \($0)" } ?? "")",
    sourceLocation: sourceLocation)
  throw Never30Seconds()
}

/// Ends a test whose condition did not come true.
struct Never30Seconds: Error {}
