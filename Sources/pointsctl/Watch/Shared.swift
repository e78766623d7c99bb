import Synchronization

/// A value that two tasks share.
final class Shared<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) {
    self.value = Mutex(value)
  }

  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    value.withLock { body(&$0) }
  }
}
