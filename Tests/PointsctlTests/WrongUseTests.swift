import Glibc
import TestSupport
import Testing

/// A wrong use of `pointsctl`, or one at a bad time, and what must be said about it.
struct WrongUse: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// `SOCKET`, `URL`, `FOLDER` stand for those of a daemon.
  let arguments: [String]
  let status: Int32
  /// How the messages begin; `SOCKET` and so on again.
  let message: String
  /// What the daemon answers to everything but the list of servers; nil when there is no daemon.
  var answer: ScriptedDaemon.Answer?

  init(
    _ description: String, _ arguments: [String], _ status: Int32, _ message: String,
    answer: ScriptedDaemon.Answer? = .failure(404, "User not found")
  ) {
    self.testDescription = description
    self.arguments = arguments
    self.status = status
    self.message = message
    self.answer = answer
  }

  static let commandLines: [WrongUse] = [
    .init(
      "help of an unknown command", ["help", "pasue"], 64,
      "pointsctl: there is no command \"pasue\"; did you mean pause?"),
    .init(
      "unknown command", ["pss"], 64, "pointsctl: there is no command \"pss\"; did you mean ps?"),
    .init(
      "unknown command behind an option", ["--socket", "SOCKET", "pasue", "afif"], 64,
      "pointsctl: there is no command \"pasue\"; did you mean pause?"),
    .init(
      "a command like no other", ["xyzzy"], 64,
      "pointsctl: there is no command \"xyzzy\"; see pointsctl --help"),
    .init("unknown option", ["ps", "--jsn"], 64, "Error: Unknown option '--jsn'"),
    .init("unknown option first", ["--bogus", "ps"], 64, "Error: Unknown option '--bogus'"),
    .init("an argument too many", ["stats", "afif"], 64, "Error: Unexpected argument 'afif'"),
    .init("no name", ["watch"], 64, "Error: Missing expected argument '<profile> ...'"),
    .init("no profile", ["pause"], 64, "Error: Missing expected argument '<profile> ...'"),
    .init(
      "no delta", ["adjust", "afif", "--reason", "x"], 64,
      "Error: Missing expected argument '<delta>'"),
    .init(
      "no reason", ["adjust", "afif", "5"], 64, "Error: Missing expected argument '--reason <text>'"
    ),
    .init(
      "delta 0", ["adjust", "afif", "0", "--reason", "x"], 64,
      "Error: The value '0' is invalid for '<delta>': DELTA must be a whole number other than 0, such as 5 or -5."
    ),
    .init(
      "delta of letters", ["adjust", "afif", "five", "--reason", "x"], 64,
      "Error: The value 'five' is invalid"),
    .init(
      "delta with a fraction", ["adjust", "afif", "1.5", "--reason", "x"], 64,
      "Error: The value '1.5' is invalid"),
    .init(
      "delta beyond all numbers", ["adjust", "afif", "9223372036854775808", "--reason", "x"], 64,
      "Error: The value '9223372036854775808' is invalid"),
    .init(
      "socket and address", ["ps", "--socket", "/s", "--url", "http://h"], 64,
      "Error: Give either --socket or --url, not both."),
    .init(
      "socket without a path", ["ps", "--socket"], 64, "Error: Missing value for '--socket <path>'"),
    .init(
      "token without an address", ["ps", "--token-file", "t"], 64,
      "Error: --token-file belongs to --url"),
    .init(
      "address without a scheme", ["ps", "--url", "localhost:8080"], 64,
      "Error: --url must be an HTTP address"),
    .init(
      "interval 0", ["watch", "afif", "--every", "0"], 64,
      "Error: --every must be from 0.1 to 86400 seconds."),
    .init(
      "interval of letters", ["watch", "afif", "--every", "often"], 64,
      "Error: The value 'often' is invalid"),
    .init(
      "interval is no number", ["watch", "afif", "--every", "nan"], 64,
      "Error: --every must be from 0.1 to 86400 seconds."),
  ]

  static let places: [WrongUse] = [
    .init(
      "no daemon", ["ps", "--socket", "FOLDER/none"], 69,
      "pointsctl: cannot reach pointsd at FOLDER/none: No such file or directory. Is it running? systemctl status pointsd"
    ),
    .init(
      "socket of a daemon that is gone", ["ps", "--socket", "FOLDER/stale"], 69,
      "pointsctl: cannot reach pointsd at FOLDER/stale: Connection refused. Is it running?"),
    .init(
      "socket is a file", ["ps", "--socket", "FOLDER/file"], 69,
      "pointsctl: cannot reach pointsd at FOLDER/file: Connection refused. Is it running?"),
    .init(
      "socket below a file", ["ps", "--socket", "FOLDER/file/s"], 69,
      "pointsctl: cannot reach pointsd at FOLDER/file/s: Not a directory. Is it running?"),
    .init(
      "socket path too long", ["ps", "--socket", "/" + String(repeating: "s", count: 200)], 69,
      "pointsctl: cannot reach pointsd at /sss"),
    .init(
      "nobody listens", ["ps", "--url", "http://127.0.0.1:1"], 69,
      "pointsctl: cannot reach pointsd at http://127.0.0.1:1: Connection refused. Is it running there"
    ),
    .init(
      "host without an address", ["ps", "--url", "http://nobody.invalid"], 69,
      "pointsctl: cannot reach pointsd at http://nobody.invalid: the host has no address. Is it"),
    .init(
      "token file missing", ["ps", "--url", "URL", "--token-file", "FOLDER/none"], 66,
      "pointsctl: the token file FOLDER/none: No such file or directory"),
    .init(
      "token file is a folder", ["ps", "--url", "URL", "--token-file", "FOLDER"], 66,
      "pointsctl: the token file FOLDER: Is a directory"),
    .init(
      "token file of two lines", ["ps", "--url", "URL", "--token-file", "FOLDER/lines"], 66,
      "pointsctl: the token file FOLDER/lines: must hold one line with the token and nothing else"),
  ]

  static let answers: [WrongUse] = [
    .init(
      "unknown user", ["get", "fiaz", "--socket", "SOCKET"], 65,
      "pointsctl: no user, server or group is called \"fiaz\"; did you mean Faiz?"),
    .init(
      "level that is none", ["logs", "--level", "waring", "--socket", "SOCKET"], 64,
      "Error: --level must be one of trace, debug, info, notice, warning, error, critical; did you mean"
    ),
    .init(
      "time that is none", ["logs", "--since", "yesterday", "--socket", "SOCKET"], 64,
      "Error: --since must be such as 30s"),
    .init(
      "unknown profile", ["stop", "pyton", "--socket", "SOCKET"], 65,
      "pointsctl: no user, server or group is called \"pyton\"; did you mean python?"),
    .init(
      "unknown user to watch", ["watch", "nobody-here", "--socket", "SOCKET"], 65,
      "pointsctl: no user, server or group is called \"nobody-here\"; pointsctl ps lists them"),
    .init(
      "adjust of a group", ["adjust", "python", "5", "--reason", "x", "--socket", "SOCKET"], 65,
      "pointsctl: \"python\" is a group; adjust takes one user"),
    .init(
      "below 0", ["adjust", "afif", "-500", "--reason", "x", "--socket", "SOCKET"], 65,
      "pointsctl: Afif has 120 points", answer: .failure(409, "Afif has 120 points")),
    .init(
      "wrong token", ["pause", "afif", "--url", "URL"], 77,
      "pointsctl: The token is wrong; use --token-file, or the control socket on that machine",
      answer: .failure(401, "The token is wrong")),
    .init(
      "not allowed", ["pause", "afif", "--url", "URL"], 77, "pointsctl: Changes need a token;",
      answer: .failure(403, "Changes need a token")),
    .init(
      "too many guesses", ["pause", "afif", "--url", "URL"], 75, "pointsctl: Too many wrong tokens",
      answer: .failure(429, "Too many wrong tokens")),
    .init(
      "login elsewhere", ["login", "--url", "URL"], 64, "Error: login needs the control socket"),
    .init(
      "database away", ["verify", "--socket", "SOCKET"], 75, "pointsctl: the database is away",
      answer: .failure(503, "the database is away")),
    .init(
      "reload of a broken file", ["reload", "--socket", "SOCKET"], 78,
      "pointsctl: f.json:1:2: a is wrong\npointsctl: f.json:3:4: b is wrong\n",
      answer: .failure(422, #"f.json:1:2: a is wrong\nf.json:3:4: b is wrong"#)),
    .init(
      "plan of a broken file", ["plan", "--socket", "SOCKET"], 78, "pointsctl: f.json:1:2: a",
      answer: .failure(422, "f.json:1:2: a")),
    .init(
      "reload to a busy port", ["reload", "--socket", "SOCKET"], 65,
      "pointsctl: Zoe: port 5003 is in use; nothing was changed",
      answer: .failure(409, "Zoe: port 5003 is in use; nothing was changed")),
    .init("backup without a file", ["backup"], 64, "Error: Missing expected argument '<file>'"),
    .init(
      "backup with the database away", ["backup", "FOLDER/b.sql", "--socket", "SOCKET"], 75,
      "pointsctl: the database is away", answer: .failure(503, "the database is away")),
    .init(
      "backup with a wrong token", ["backup", "FOLDER/b.sql", "--url", "URL"], 77,
      "pointsctl: The token is wrong", answer: .failure(401, "The token is wrong")),
    .init(
      "backup into no folder", ["backup", "FOLDER/none/b.sql", "--socket", "SOCKET"], 74,
      "pointsctl: cannot write FOLDER/none/b.sql: No such file or directory"),
    .init(
      "backup over a file", ["backup", "FOLDER/file", "--socket", "SOCKET"], 65,
      "pointsctl: FOLDER/file is there already; --force replaces it"),
    .init(
      "restore over TCP", ["restore", "FOLDER/file", "--url", "URL"], 64,
      "Error: restore works over the control socket only"),
    .init(
      "restore of a missing file", ["restore", "FOLDER/none", "--socket", "SOCKET"], 66,
      "pointsctl: cannot read FOLDER/none: No such file or directory"),
    .init(
      "restore of a folder", ["restore", "FOLDER", "--socket", "SOCKET"], 66,
      "pointsctl: FOLDER is a directory"),
    .init("reload of a file", ["reload", "pointsd.json"], 64, "Error: Unexpected argument"),
    .init(
      "fault of the daemon", ["verify", "--socket", "SOCKET"], 70,
      "pointsctl: pointsd: Internal error; see its log", answer: .failure(500, "Internal error")),
    .init(
      "not JSON", ["stats", "--socket", "SOCKET"], 70,
      "pointsctl: the answer is not one of pointsd: SOCKET answered with status 200. Does something else listen there?",
      answer: .init(body: "<html>")),
    .init(
      "another service's 404", ["stats", "--url", "URL"], 70,
      "pointsctl: the answer is not one of pointsd: URL answered with status 404.",
      answer: .init(status: 404, body: "not found")),
    .init(
      "no data", ["stats", "--socket", "SOCKET"], 70,
      "pointsctl: the answer is not one of pointsd: it has no data.",
      answer: .init(body: #"{"success":true}"#)),
    .init(
      "incomplete data", ["stats", "--socket", "SOCKET"], 70,
      "pointsctl: the answer is not one of pointsd: statistics without total_points.",
      answer: .data("{}")),
    .init(
      "a message that would take over the terminal", ["verify", "--socket", "SOCKET"], 75,
      #"pointsctl: \u001B[2J"#, answer: .failure(503, #"\u001B[2J"#)),
  ]
}

@Suite struct WrongUseTests {
  @Test(arguments: WrongUse.commandLines + WrongUse.places + WrongUse.answers)
  func isToldWhatToDo(_ use: WrongUse) async throws {
    let folder = try TestFolder()
    try folder.write("file", "x".utf8)
    try folder.write("lines", "a\nb\n".utf8)
    try await leaveSocket(folder.path + "/stale")
    let answer = use.answer
    let script: @Sendable (ScriptedDaemon.Request) -> ScriptedDaemon.Answer = { request in
      request.path == "/api/servers" ? .data(Entries.five) : answer ?? .failure(404, "Not found")
    }
    let local = try await ScriptedDaemon(socket: folder.path + "/s", answer: script)
    let remote = try await ScriptedDaemon(answer: script)
    func filled(_ text: String) -> String {
      text.replacing("SOCKET", with: folder.path + "/s").replacing("FOLDER", with: folder.path)
        .replacing("URL", with: "http://127.0.0.1:\(remote.port)")
    }
    let outcome = try await RunningCommand.run(use.arguments.map(filled))
    #expect(outcome.status == use.status)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix(filled(use.message)), "\(outcome.errors)")
    try await local.stop()
    try await remote.stop()
  }

  /// A full disk, and a closed output.
  @Test func outputThatCannotBeWritten() async throws {
    let folder = try TestFolder()
    let daemon = try await ScriptedDaemon(socket: folder.path + "/s") { _ in .data(Entries.five) }
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let outcome = try await RunningCommand.run(
      ["ps", "--socket", folder.path + "/s"], standardOutput: full)
    #expect(outcome.status == 74)
    #expect(outcome.errors == "pointsctl: cannot write the output: No space left on device\n")
    try await daemon.stop()
  }

  @Test func aBackupToAFullDisk() async throws {
    let folder = try TestFolder()
    let daemon = try await ScriptedDaemon(socket: folder.path + "/s") { _ in
      ScriptedDaemon.Answer(body: String(repeating: "x", count: 1000))
    }
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let outcome = try await RunningCommand.run(
      ["backup", "-", "--socket", folder.path + "/s"], standardOutput: full)
    #expect(outcome.status == 74)
    #expect(outcome.errors == "pointsctl: cannot write the output: No space left on device\n")
    try await daemon.stop()
  }

  @Test func helpNamesCommandsAndStatuses() async throws {
    let outcome = try await RunningCommand.run(["--help"])
    #expect(outcome.status == 0)
    for word in ["ps", "watch", "verify", "adjust", "EXIT STATUS", "POINTSD_SOCKET"] {
      #expect(outcome.output.contains(word), "\(word)")
    }
  }

  /// A socket that nobody listens on any more, as a kill -9 leaves it.
  private func leaveSocket(_ path: String) async throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw RunningCommand.Failure(what: "socket: \(errno)") }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw RunningCommand.Failure(what: "bind: \(errno)") }
  }
}
