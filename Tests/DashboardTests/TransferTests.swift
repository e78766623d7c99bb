import NIOCore
import Points
import Synchronization
import TestSupport
import Testing

@testable import Dashboard

/// Backups and logs over real sockets, to clients that leave, stand still, or get no whole file.
@Suite(.timeLimit(.minutes(1))) struct TransferTests {
  private let request = "GET /api/backup HTTP/1.1\r\nHost: localhost\r\n\r\n"

  /// Counts backups that are over.
  private final class Over: Sendable {
    let count = Atomic(0)
  }

  private func watch(_ running: RunningService, _ steps: [FakeBackup.Step]) -> Over {
    let over = Over()
    running.control.set { state in
      state.backupSteps = steps
      state.backupOver = { over.count.add(1, ordering: .relaxed) }
    }
    return over
  }

  private func isOver(_ running: RunningService, _ over: Over, _ count: Int) async throws {
    try await running.wait { over.count.load(ordering: .relaxed) == count }
  }

  @Test func clientsThatLeaveBeforeTheFirstByteEndTheirBackups() async throws {
    try await RunningService.with { running in
      let over = watch(running, [.silence])
      for number in 1...25 {
        try await RawClient.withConnection(running.unix) { _, outbound in
          try await outbound.write(ByteBuffer(string: request))
          try await running.wait { running.control.read { $0.backups } == number }
        }
      }
      try await isOver(running, over, 25)
    }
  }

  @Test func aClientThatLeavesInTheMiddleEndsItsBackup() async throws {
    try await RunningService.with { running in
      let over = watch(running, [.piece(Array("begin\n".utf8)), .silence])
      try await RawClient.withConnection(running.unix) { inbound, outbound in
        try await outbound.write(ByteBuffer(string: request))
        for try await part in inbound where String(buffer: part).contains("begin") { break }
      }
      try await isOver(running, over, 1)
    }
  }

  @Test func aBrokenBackupHasNoEnd() async throws {
    try await RunningService.with { running in
      let over = watch(
        running, [.piece(Array("begin\n".utf8)), .failure(.unavailable("cut off"))])
      let answer = try await RawClient.exchange(running.unix, request)
      #expect(answer.status == 200)
      #expect(answer.head.lowercased().contains("transfer-encoding: chunked"))
      #expect(answer.body == "6\r\nbegin\n\r\n")
      try await isOver(running, over, 1)
      // A whole one has.
      _ = watch(running, [.piece(Array("begin\n".utf8))])
      let whole = try await RawClient.request(running.unix, "GET", "/api/backup")
      #expect(whole.body == "6\r\nbegin\n\r\n0\r\n\r\n")
    }
  }

  @Test func anErrorBeforeTheFirstByteIsAStatus() async throws {
    try await RunningService.with { running in
      let over = watch(running, [.failure(.unavailable("the database is away"))])
      let answer = try await RawClient.request(running.unix, "GET", "/api/backup")
      #expect(answer.status == 503)
      #expect(answer.body == #"{"success":false,"error":"the database is away"}"#)
      try await isOver(running, over, 1)
    }
  }

  @Test func aClientThatTakesNothingAndLeavesEndsItsBackup() async throws {
    try await RunningService.with { running in
      let over = watch(running, [.endless(Array(repeating: 120, count: 1 << 16))])
      try await RawClient.withConnection(running.unix) { _, outbound in
        try await outbound.write(ByteBuffer(string: request))
        try await running.wait { running.control.read { $0.backups } == 1 }
      }
      try await isOver(running, over, 1)
    }
  }

  @Test func aFollowerThatLeavesASilentLogIsNoticed() async throws {
    try await RunningService.with { running in
      let follow = "GET /api/logs?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      try await RawClient.withConnection(running.unix) { _, outbound in
        try await outbound.write(ByteBuffer(string: follow))
        try await running.wait { running.log.followers == 1 }
      }
      try await running.wait { running.log.followers == 0 }
    }
  }
}

/// What is wrong with a request is the client's fault, said to it and not to the log.
@Suite(.timeLimit(.minutes(1))) struct ClientFaultTests {
  @Test(arguments: [
    "POST /api/users/Afif/pause HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "GET /api/users HTTP/1.1\r\nHost localhost\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n",
    "POST /api/users/Afif/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
  ])
  func brokenRequestsAre400AndNoLine(request: String) async throws {
    try await RunningService.with { running in
      let answer = try await RawClient.exchange(running.unix, request)
      #expect(answer.status == 400)
      #expect(
        answer.body == #"{"success":false,"error":"The request is not HTTP, or it was broken off"}"#
      )
      #expect(answer.head.lowercased().contains("content-length: \(answer.body.utf8.count)"))
      #expect(running.recorder.loudLines == [])
    }
  }

  @Test func bodiesThatAreBrokenOffAreNoLine() async throws {
    try await RunningService.with { running in
      for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        try await RawClient.withConnection(running.unix) { _, outbound in
          let request =
            "POST /api/users/Afif/pause HTTP/1.1\r\nHost: localhost\r\n\(head)\r\n\r\n"
          try await outbound.write(ByteBuffer(string: request))
        }
      }
      let errors = try await RawClient.request(running.unix, "GET", "/metrics")
      #expect(errors.body.contains("pointsd_http_requests_total"))
      #expect(!errors.body.contains("status=\"500\""))
      #expect(running.recorder.lines.count { $0.hasPrefix("error") } == 0)
    }
  }

  @Test func refusalsAreSummedUp() async throws {
    try await RunningService.with { running in
      for number in 1...40 {
        let answer = try await RawClient.request(
          running.tcp, "GET", "/api/users?\(number)", host: "foreign-\(number)")
        #expect(answer.status == 403)
      }
      #expect(running.recorder.lines.count { $0.hasPrefix("warning: refused ") } == 1)
    }
  }
}
