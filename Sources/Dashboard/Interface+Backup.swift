import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Points

extension Interface {
  /// Saving the ledger and bringing a saved one back.
  var backupRoutes: [Route] {
    [
      Route(
        .get, "/api/backup",
        .init(
          summary: "The whole ledger as a file for restore; as guarded as a change",
          answer: .content("application/sql"), failures: [401, 403, 503]), right: .guardedRead
      ) { request, context in
        guard request.method == .get else { throw Failure(.methodNotAllowed, "Ask by GET") }
        let file = try await control.backup(
          by: try await operation(request, context, reason: nil))
        return Response(
          status: .ok,
          headers: [
            .contentType: "application/sql", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"pointsd-backup.sql\"",
          ], body: ResponseBody(contentLength: file.size) { try await Self.send(file, by: &$0) })
      },
      Route(
        .post, "/api/restore",
        .init(
          summary: """
            Replace the ledger by that of a backup, which is the body; over the control socket \
            only. A line of JSON for each step, then one with the outcome
            """,
          answer: .content("application/x-ndjson"), failures: [403, 409, 413, 503]),
        right: .controlSocket, takesLargeBody: true
      ) { request, context in
        let file = try await received(request)
        let operation = try await operation(request, context, reason: "restore")
        return Response(
          status: .ok,
          headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
          body: ResponseBody { try await restore(file, operation, by: &$0) })
      },
    ]
  }

  /// How much of a file is in memory at a time, in bytes.
  private static let piece = 1 << 17
  /// The largest backup that is taken in, in bytes.
  private static let restoreLimit = 4 << 30

  private static func send(
    _ file: any BackupFile, by writer: inout any ResponseBodyWriter
  ) async throws {
    var offset = 0
    while offset < file.size {
      let bytes = try file.read(at: offset, count: piece)
      guard !bytes.isEmpty else { break }
      offset += bytes.count
      try await writer.write(ByteBuffer(bytes: bytes))
    }
    try await writer.finish(nil)
  }

  private func received(_ request: Request) async throws -> any BackupFile {
    let file = try await control.makeBackupFile()
    for try await piece in request.body {
      guard file.size + piece.readableBytes <= Self.restoreLimit else {
        throw Failure(
          .contentTooLarge, "The backup is larger than \(Self.restoreLimit) bytes",
          headers: HTTPFields().closing)
      }
      try file.append(Array(piece.readableBytesView))
    }
    return file
  }

  /// Restores, and tells each step and the outcome in a line.
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
        let failure = Failure(error)
        if failure == nil {
          logger.error("restore: \(error)", metadata: ["event": "restore"])
        }
        return [
          "success": false, "status": .number(failure?.status.code ?? 500),
          "error": .string(failure?.message ?? "Internal error; see the log"),
        ]
      }
    }()
    for await step in steps { try await writer.write(ByteBuffer(bytes: step.encoded + [10])) }
    try await writer.write(ByteBuffer(bytes: await outcome.encoded + [10]))
    try await writer.finish(nil)
  }
}
