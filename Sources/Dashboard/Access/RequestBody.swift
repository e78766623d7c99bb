import HTTPTypes
import Hummingbird
import NIOCore

/// Bodies of requests, held under their limit before a handler sees them.
enum RequestBody {
  /// The longest body on a route that does not declare a large one, in bytes.
  static let limit = 64 * 1024

  /// Reads the whole body, so that no handler can forget its limit.
  static func read(of request: inout Request) async throws {
    let tooLarge = APIError(
      .contentTooLarge, "The body is larger than \(limit) bytes", headers: HTTPFields().closing)
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      throw tooLarge
    }
    do {
      _ = try await request.collectBody(upTo: limit)
    } catch let error as HTTPError where error.status == .contentTooLarge {
      throw tooLarge
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
  }

  /// Whether there is anything that was not read.
  static func isAnnounced(_ request: Request) -> Bool {
    request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
  }
}
