/// What clients say to a user's TCP port, and what they hear: plain text, UTF-8, one connection for
/// as many requests as the client likes.
///
/// Pure: bytes in, requests out; rows in, bytes out. Who reads and writes them is elsewhere.
enum WireProtocol {
  /// The longest request, in bytes before its terminator.
  static let maximumRequestLength = 1024
  /// Every answer, with its line feed, is shorter than this: one existing client overflows its
  /// stack on an answer of 256 bytes.
  static let answerLimit = 256
  /// How long a client may be silent, in milliseconds, before bytes without a terminator count as
  /// a request.
  static let silenceMilliseconds: Int64 = 60
  /// How long a new client may say nothing, in milliseconds, before it is sent the line unasked.
  static let greetingMilliseconds: Int64 = 300
  /// The oldest age in an answer; an older value is given this age.
  static let maximumAgeSeconds = 999_999_999
}
