import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Points

extension API {
  /// Saving the ledger and bringing a saved one back.
  var backupRoutes: [Route] {
    [
      Route(
        .get, "/api/backup",
        .init(
          summary: "The whole ledger as a file for restore; as guarded as a change",
          answer: .content("application/sql"), failures: [401, 403, 409, 503]), right: .guardedRead
      ) { request, context in
        guard request.method == .get else { throw APIError(.methodNotAllowed, "Ask by GET") }
        let backup = try await control.backup(
          by: try await operation(request, context, reason: nil))
        let departure = Departure.of(context.peer.channel)
        let takeBack = departure?.whenGone { [weak backup] in backup?.cancel() }
        // A database that does not answer is a status as long as nothing was sent.
        guard let first = try await backup.next() else {
          throw APIError(.internalServerError, "The backup is empty")
        }
        return Response(
          status: .ok,
          headers: [
            .contentType: "application/sql", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"pointsd-backup.sql\"",
          ],
          body: ResponseBody { writer in
            defer { takeBack?() }
            try await send(first, backup, by: &writer)
          })
      },
      Route(
        .post, "/api/restore",
        .init(
          summary: """
            Replace the ledger by that of a backup, which is the body; over the control socket \
            only. A line of JSON for each step, then one with the outcome
            """,
          answer: .content("application/x-ndjson"), failures: [403, 409, 503]),
        right: .controlSocket, takesLargeBody: true
      ) { request, context in
        let operation = try await operation(request, context, reason: "restore")
        let file = try await received(request, operation)
        return Response(
          status: .ok,
          headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
          body: ResponseBody { try await restore(file, operation, by: &$0) })
      },
    ]
  }

  /// Sends pieces as the client takes them. An error leaves the body without its end, so that the
  /// client knows; the connection of a client that takes nothing is closed by its `ConnectionHandler`.
  private func send(
    _ first: [UInt8], _ backup: any BackupStream, by writer: inout any ResponseBodyWriter
  ) async throws {
    var next: [UInt8]? = first
    while let piece = next {
      try await writer.write(ByteBuffer(bytes: piece))
      next = try await backup.next()
    }
    try await writer.finish(nil)
  }

  /// The body of a request, in a file.
  private func received(_ request: Request, _ operation: Operation) async throws -> any BackupFile {
    do {
      let file = try await control.makeBackupFile(for: operation)
      for try await piece in request.body { try file.append(Array(piece.readableBytesView)) }
      return file
    } catch let error as ControlError {
      // The rest of the body is not read.
      guard var failure = APIError(error) else { throw error }
      failure.headers = failure.headers.closing
      throw failure
    }
  }

  /// Restores, and sends a line for each step and the outcome.
  private func restore(
    _ file: any BackupFile, _ operation: Operation, by writer: inout any ResponseBodyWriter
  ) async throws {
    let (steps, teller) = AsyncStream.makeStream(of: JSON.self)
    async let outcome: JSON = {
      defer { teller.finish() }
      do {
        try await control.restore(file, by: operation) { teller.yield(["step": .string($0)]) }
        return ["success": true, "data": ["bytes": .number(file.size)]]
      } catch {
        let failure = APIError(error)
        if failure == nil {
          logger.error("restore: \(error)", metadata: ["event": "restore"])
        }
        return .object(
          [
            .init(name: "success", value: false),
            .init(name: "status", value: .number(failure?.status.code ?? 500)),
            .init(
              name: "error", value: .string(failure?.message ?? "Internal error; see the log")),
          ] + (failure?.operation.map { [.init(name: "operation", value: .string($0))] } ?? []))
      }
    }()
    for await step in steps { try await writer.write(ByteBuffer(bytes: step.encoded + [10])) }
    try await writer.write(ByteBuffer(bytes: await outcome.encoded + [10]))
    try await writer.finish(nil)
  }
}
