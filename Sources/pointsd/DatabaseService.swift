import ManagedDatabase
import ServiceLifecycle

/// The private database as a service: stopped last, after the runs are closed.
struct DatabaseService: Service, CustomStringConvertible {
  let database: ManagedDatabase
  let description = "managed database"

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await database.run() }
    await database.stop()
  }
}
