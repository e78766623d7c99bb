import HTTPTypes
import Hummingbird
import Points

extension API {
  /// The dashboard: its page, its own files, and the libraries.
  var pageRoutes: [Route] {
    let libraries = page.libraries.map { library in
      Route(
        .get, "/libraries/\(library.name)",
        .init(
          summary: "A library of the dashboard", answer: .content(bare(library.mediaType)),
          failures: [404]), right: .read
      ) { request, context in
        guard let file = library.file() else { throw APIError(.notFound, library.missingOnPage) }
        return try await tagged(request, file.entityTag, library.mediaType) {
          // Small pieces: about ten are read ahead for each client, also for one that never reads.
          try await FileIO().loadFile(path: file.path, context: context, chunkLength: 4096)
        }
      }
    }
    return [
      Route(
        .get, "/", .init(summary: "The dashboard", answer: .content("text/html")), right: .read
      ) { request, _ in try await index(request) },
      Route(
        .get, "/assets/{file}",
        .init(
          summary: "A file of the dashboard", answer: .content("*/*"), failures: [404]),
        right: .read
      ) { request, context in
        guard let file = page.files[try parameter("file", context)] else {
          throw APIError(.notFound, "Not found")
        }
        return try await tagged(request, file.entityTag, file.mediaType) {
          ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes))
        }
      },
    ] + libraries
  }

  private func index(_ request: Request) async throws -> Response {
    let rows: [PointsRow]
    do {
      rows = try await control.users().value
    } catch is ControlError {
      // The page says by itself that nothing is known.
      rows = []
    }
    let bytes = page.index(
      rows: rows, servers: await control.servers(),
      notes: page.missingLibraries().map(\.missingOnPage))
    return try await tagged(request, EntityTag.of(bytes), "text/html; charset=utf-8") {
      ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }
  }

  /// The content, or 304 when the reader has it; asked for again each time.
  private func tagged(
    _ request: Request, _ tag: String, _ mediaType: String, content: () async throws -> ResponseBody
  ) async throws -> Response {
    let headers: HTTPFields = [
      .eTag: tag, .cacheControl: "no-cache", .contentType: mediaType,
    ]
    if EntityTag.matches(request.headers[.ifNoneMatch], tag) {
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: .ok, headers: headers, body: try await content())
  }

  /// A media type without its parameters.
  private func bare(_ mediaType: String) -> String {
    String(mediaType.prefix { $0 != ";" })
  }
}
