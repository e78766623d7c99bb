import ManagedDatabase
import ServiceLifecycle

/// The private database as a service: stopped last, after the runs are closed.
struct DatabaseService: Service, CustomStringConvertible {
  let database: ManagedDatabase
  let description = "managed database"

  /// How long the database may take to end.
  private static let deadline = Duration.seconds(4)

  func run() async throws {
    let ending: Result<Void, any Error>
    do {
      ending = .success(try await cancelWhenGracefulShutdown { try await database.run() })
    } catch {
      ending = .failure(error)
    }
    await database.stop(deadline: Self.deadline)
    try ending.get()
  }
}
