import Points
import TestSupport
import Testing

@testable import Lanes

/// What a client sees of a parser: the answers to its requests, with a name in place of each value.
private struct Conversation {
  var parser = WireProtocol.Parser()
  var heard = ""
  var isOver = false

  /// One read of the server.
  mutating func read(_ bytes: [UInt8]) {
    var offset = 0
    while !isOver, let event = parser.next(in: bytes.span, from: &offset) {
      switch event {
      case .request(let request): heard += "\(request)\n"
      case .lateTerminator: heard += "\n"
      case .tooLong:
        heard += "too long"
        isOver = true
      }
    }
    if !isOver, let request = parser.endOfRead() { heard += "\(request)" }
  }

  mutating func read(_ text: String) { read(Array(text.utf8)) }

  /// 60 ms pass.
  mutating func silence() {
    if let request = parser.silenceEnded() { heard += "\(request)" }
  }

  /// The client ends its side.
  mutating func endOfFile() {
    if let request = parser.takeIncomplete() { heard += "\(request)" }
  }

  /// A person types: each key is a read of its own, with silence behind it.
  mutating func type(_ keys: String) {
    for key in keys.unicodeScalars {
      read(String(key))
      silence()
    }
  }

  static func hearing(_ reads: String...) -> String {
    var conversation = Conversation()
    for text in reads { conversation.read(text) }
    return conversation.heard
  }
}

@Suite struct WireProtocolParserTests {
  @Test(arguments: [
    "get_data", "get", "get_points", "get_score", "get_latest", "fetch", "request_latest_points",
    "GET", "Request_Latest_Points", "GeT_DaTa",
  ])
  func namesOfTheLineInAnyCase(name: String) {
    #expect(Conversation.hearing(name + "\n") == "line\n")
  }

  @Test func theOtherRequests() {
    #expect(Conversation.hearing("get_json\nWATCH\nping\n") == "json\nwatch\nping\n")
    #expect(Conversation.hearing("help\nquit\nexit\n") == "help\nquit\nquit\n")
    #expect(Conversation.hearing("get_dat\nget_data_\nget data\nπ\n-\n").count { $0 == "\n" } == 5)
    #expect(!Conversation.hearing("get_dat\nget_data_\nget data\nπ\n").contains("line"))
  }

  @Test(arguments: ["\n", "\r\n", "\0"])
  func terminators(terminator: String) {
    #expect(Conversation.hearing("get\(terminator)ping\(terminator)") == "line\nping\n")
  }

  @Test func blanksAroundARequestAreStrippedAndEmptyOnesIgnored() {
    #expect(Conversation.hearing(" \t get \r \n\r\n\0\0 \n ping\t\r\n\0") == "line\nping\n")
  }

  @Test func aWholeRequestThatBeginsNoLongerOneIsTakenAtOnce() {
    #expect(Conversation.hearing("get_data") == "line")
    #expect(Conversation.hearing("ping\nget_json ") == "ping\njson")
    #expect(Conversation.hearing("get") == "")
    #expect(Conversation.hearing("get_p") == "")
    #expect(Conversation.hearing("hello") == "")
    #expect(Conversation.hearing("g", "e", "t", "_", "d", "a", "t", "a") == "line")
  }

  @Test func whatIsLeftOverBecomesARequestBySilence() {
    var conversation = Conversation()
    conversation.read("get")
    #expect(conversation.parser.isLineIncomplete && conversation.heard == "")
    conversation.silence()
    #expect(!conversation.parser.isLineIncomplete && conversation.heard == "line")
    conversation.silence()
    #expect(conversation.heard == "line")
    conversation.read(" \r")
    #expect(!conversation.parser.isLineIncomplete)
    conversation.read("get_d")
    conversation.silence()
    #expect(conversation.heard == "lineunknown")
  }

  @Test(arguments: [["\n"], ["\r\n"], ["\r", "\n"], ["\0"], [" ", "\t\r", "\n"]])
  func aLateTerminatorIsAnsweredWithTheMissingLineFeedOnly(reads: [String]) {
    var conversation = Conversation()
    conversation.read("get_data")
    for text in reads { conversation.read(text) }
    #expect(conversation.heard == "line\n")
    conversation.read("\n")
    #expect(conversation.heard == "line\n")
    conversation.read("ping\n")
    #expect(conversation.heard == "line\nping\n")
  }

  @Test func aRequestBehindAnUnterminatedOneNeedsNoLateTerminator() {
    #expect(Conversation.hearing("get_data", "get_data", "get_data\n") == "linelineline\n")
    #expect(Conversation.hearing("get_data", "\nget_data") == "line\nline")
  }

  @Test func aLineOf1024BytesIsReadAndALongerOneIsNot() {
    let longest = String(repeating: "x", count: 1024)
    #expect(Conversation.hearing(longest + "\n") == "unknown\n")
    #expect(Conversation.hearing(longest + "\r\n") == "unknown\n")
    #expect(Conversation.hearing(longest, "\r", "\n") == "unknown\n")
    #expect(Conversation.hearing(longest + "x") == "too long")
    #expect(Conversation.hearing(longest, "x") == "too long")
    #expect(Conversation.hearing(longest + "\rx") == "too long")
    #expect(Conversation.hearing("ping\n" + longest + "x\nping\n") == "ping\ntoo long")
    #expect(Conversation.hearing(String(repeating: " ", count: 1025)) == "too long")
  }

  @Test(arguments: [
    ("get_data\n", "line\n"), ("get\r\n", "line\n"), ("x\n\nping\n", "unknown\nping\n"),
    ("get_dada\u{8}\u{8}ta\n", "line\n"), ("gt\u{7F}et\n", "line\n"),
    ("pings  \u{7F}\u{7F}\u{7F}\n", "ping\n"), ("ping x\u{8}\n", "ping\n"),
    ("gü\u{8}et\n", "line\n"), ("g\u{8}\u{8}\u{8}\n", ""), ("ping \u{8}s\n", "unknown\n"),
    ("get", ""), ("ping\nhelp", "ping\n"),
  ])
  func aPersonEndsRequestsByTerminatorsOnlyAndErases(keys: String, heard: String) {
    var conversation = Conversation()
    conversation.type(keys)
    #expect(conversation.heard == heard)
  }

  @Test func theEndOfFileEndsWhatAPersonTyped() {
    var conversation = Conversation()
    conversation.type("ping")
    conversation.endOfFile()
    #expect(conversation.heard == "ping")
  }

  @Test(arguments: [["ge"], ["\n", "g"], ["-"], ["get_data", "g"]])
  func onlyASingleLetterBeforeAllElseIsAPerson(reads: [String]) {
    var conversation = Conversation()
    for text in reads { conversation.read(text) }
    conversation.silence()
    #expect(conversation.heard.hasSuffix("unknown"))
    #expect(!conversation.parser.isTyping)
  }

  @Test func erasedBytesCountTowardsTheLongestLine() {
    var conversation = Conversation()
    conversation.type("g")
    conversation.read(String(repeating: "x\u{8}", count: 511) + "\u{7F}")
    #expect(!conversation.isOver)
    conversation.read("\u{7F}")
    #expect(conversation.heard == "too long")
  }

  @Test func moreErasedThanIsCountedMakesNoRequest() {
    var conversation = Conversation()
    conversation.type("g")
    conversation.read(String(repeating: "x", count: 300) + String(repeating: "\u{8}", count: 300))
    conversation.read("et\n")
    #expect(conversation.heard == "unknown\n")
  }

  @Test func programsDoNotErase() {
    #expect(Conversation.hearing("ping\u{8}\n") == "unknown\n")
  }

  @Test func aByteOrderMarkBeforeTheFirstRequestIsSkipped() {
    #expect(Conversation.hearing("\u{FEFF}get_data\n") == "line\n")
    #expect(Conversation.hearing("\u{FEFF}get_data") == "line")
    #expect(Conversation.hearing("\u{FEFF}\nping\n") == "ping\n")
    #expect(Conversation.hearing("ping\n\u{FEFF}ping\n") == "ping\nunknown\n")
    #expect(Conversation.hearing("\u{FEFF}\u{FEFF}ping\n") == "unknown\n")
    var split = Conversation()
    for byte in Array("\u{FEFF}get\n".utf8) { split.read([byte]) }
    #expect(split.heard == "line\n")
    var cut = Conversation()
    cut.read([0xEF, 0xBB, 0x67, 0x0A])
    #expect(cut.heard == "unknown\n")
  }

  /// However a stream of terminated requests is cut into reads, the client hears the same.
  @Test func anySplitOfAStreamGivesTheSameAnswers() {
    var random = SplitMix(state: 7)
    let words = [
      "get_data", "get", "GET_JSON", "request_latest_points", "ping", "help", "watch", "get_x",
      "what is this", "", " ", "g", "π", String(repeating: "x", count: 1000),
    ]
    let terminators = ["\n", "\r\n", "\0", " \r\n", "\t\n"]
    for _ in 0..<2000 {
      let stream = (0..<Int.random(in: 1...8, using: &random)).map { _ in
        words.randomElement(using: &random).unsafelyUnwrapped
          + terminators.randomElement(using: &random).unsafelyUnwrapped
      }.joined()
      var whole = Conversation()
      whole.read(stream)
      var split = Conversation()
      var rest = Array(stream.utf8)[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...max(1, min(rest.count, 9)), using: &random))
        split.read(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      #expect(split.heard == whole.heard, "\(stream.debugDescription)")
    }
  }

  @Test func anyBytesWhateverAreTakenIn() {
    var random = SplitMix(state: 11)
    for _ in 0..<500 {
      var conversation = Conversation()
      for _ in 0..<20 where !conversation.isOver {
        conversation.read((0..<64).map { _ in UInt8.random(in: 0...255, using: &random) })
        if Bool.random(using: &random) { conversation.silence() }
      }
      conversation.silence()
      #expect(!conversation.parser.isLineIncomplete || conversation.isOver)
    }
  }

  @Test func aParserCostsAConnectionFewBytes() {
    #expect(MemoryLayout<WireProtocol.Parser>.size <= 6)
  }
}
