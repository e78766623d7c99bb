import AsyncHTTPClient
import Glibc
import JSONText
import NIOCore
import NIOHTTP1
import NIOPosix
import SystemPackage

/// What goes wrong between here and the daemon, in words for the operator.
enum APIFault {
  /// No answer came, or none that can be read.
  static func unreachable(_ endpoint: Endpoint, _ error: any Error) -> CommandFault {
    let place = "cannot reach pointsd at \(excerpt(endpoint.described, limit: 200))"
    switch error {
    case let error as IOError: return systemFault(endpoint, place, error.errnoCode)
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first?.error as? IOError {
        return systemFault(endpoint, place, first.errnoCode)
      }
      let reason = error.dnsAError == nil && error.dnsAAAAError == nil
      return CommandFault(
        .unavailable,
        "\(place): \(reason ? "no connection" : "the host has no address"). \(advice(endpoint))")
    case let error as HTTPClientError where error == .connectTimeout:
      return CommandFault(.unavailable, "\(place): no connection within 5 s. \(advice(endpoint))")
    case let error as HTTPClientError where error == .deadlineExceeded:
      return CommandFault(.tryAgain, "\(place): no answer in time. \(advice(endpoint))")
    case let error as HTTPClientError where error == .readTimeout:
      return CommandFault(
        .tryAgain,
        "\(place): it gave nothing for \(APIClient.silence.seconds) s. \(advice(endpoint))")
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      return CommandFault(
        .tryAgain, "\(place): it closed the connection before it answered; it may be stopping")
    case is HTTPParserError:
      return unexpectedResponse("\(excerpt(endpoint.described, limit: 200)) speaks no HTTP")
    case is NIOTooManyBytesError:
      return unexpectedResponse(
        "\(excerpt(endpoint.described, limit: 200)) gave more than any answer has")
    default:
      return CommandFault(.unavailable, "\(place): \(error). \(advice(endpoint))")
    }
  }

  /// Whether the daemon cannot have got the request: there was no connection.
  static func isBeforeSending(_ error: any Error) -> Bool {
    switch error {
    case let error as IOError: [ECONNREFUSED, ENOENT, EACCES, EPERM].contains(error.errnoCode)
    case is NIOConnectionError: true
    case let error as HTTPClientError: error == .connectTimeout
    default: false
    }
  }

  /// An answer began and has no end.
  static func brokenOff(_ endpoint: Endpoint, _ error: any Error) -> CommandFault {
    var reason = ""
    if let error = error as? HTTPClientError, error == .readTimeout {
      reason = ", it gave nothing for \(APIClient.silence.seconds) s"
    }
    return CommandFault(
      .tryAgain,
      "pointsd at \(excerpt(endpoint.described, limit: 200)) broke its answer off\(reason); "
        + "its log says why")
  }

  private static func systemFault(
    _ endpoint: Endpoint, _ place: String, _ code: Int32
  ) -> CommandFault {
    let reason = Errno(rawValue: code).description
    guard code == EACCES || code == EPERM else {
      return CommandFault(.unavailable, "\(place): \(reason). \(advice(endpoint))")
    }
    return CommandFault(
      .permission,
      "\(place): \(reason). Become root or a member of the socket's group: "
        + "ls -l \(excerpt(endpoint.described, limit: 200))")
  }

  private static func advice(_ endpoint: Endpoint) -> String {
    switch endpoint {
    case .socket: "Is it running? systemctl status pointsd, or make run; --socket names another"
    case .url: "Is it running there, and is http.address one that can be reached from here?"
    }
  }

  /// The daemon answered, and not with success.
  static func failure(_ endpoint: Endpoint, status: UInt, message: String?) -> CommandFault {
    guard let message else {
      return unexpectedResponse(
        "\(excerpt(endpoint.described, limit: 200)) answered with status \(status)")
    }
    // The faults of a configuration file are one a line.
    let said = message.split(separator: "\n").map { excerpt(String($0), limit: 1000) }
      .joined(separator: "\n")
    switch status {
    case 401, 403:
      let remedy: String
      switch endpoint {
      case .url: remedy = "; use --token-file, or the control socket on that machine"
      case .socket: remedy = ""
      }
      return CommandFault(.permission, said + remedy)
    case 422: return CommandFault(.configuration, said)
    case 429, 503, 504: return CommandFault(.tryAgain, said)
    case 400..<500: return CommandFault(.refused, said)
    default: return CommandFault(.fault, "pointsd: \(said); see its log")
    }
  }

  /// A line for each user of a group, with what became of it.
  static func outcomes(_ users: JSONNode?) -> String {
    (users?.array ?? []).map { user in
      let reason = user["reason"]?.string.map { " (\($0))" } ?? ""
      return "\n\(user["user"]?.string ?? "?"): \(user["outcome"]?.string ?? "?")\(reason)"
    }.joined()
  }

  /// An answer that does not follow the API.
  static func unexpectedResponse(_ detail: String) -> CommandFault {
    CommandFault(
      .fault, "the answer is not one of pointsd: \(detail). Does something else listen there?")
  }
}

extension TimeAmount {
  /// In whole seconds.
  fileprivate var seconds: Int64 { nanoseconds / 1_000_000_000 }
}
