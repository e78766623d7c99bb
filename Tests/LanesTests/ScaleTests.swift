import Glibc
import Lanes
import Points
import Testing

/// What needs a process of its own: descriptors run out, threads and memory are counted.
@Suite(.timeLimit(.minutes(2))) struct ScaleTests {
  @Test func acceptingWaitsWhileNoDescriptorIsLeft() async {
    await #expect(processExitsWith: .success) {
      alarm(100)
      let server = try await LaneFixture()
      let first = try await server.accepted()
      // Client sockets first: they need descriptors too. Each connects when there are none left.
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let next = dup(0)
      Glibc.close(next)
      limit.rlim_cur = rlim_t(next + 1)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      // Another thread may have held a lower number for a moment: all are taken, and one given back.
      var last: Int32 = -1
      while case let taken = dup(0), taken >= 0 { last = taken }
      Glibc.close(last)
      let second = try server.client()
      try second.send("get_data\n")
      for _ in 0..<20 {
        try first.send("ping\n")
        #expect(try first.receiveOnce() == "pong\n")
      }
      // The lane is not busy with what it cannot accept.
      let turns = server.lanes.progress[0]
      // A lane that tried again and again would take a turn of its own between any two of these.
      for _ in 0..<20 { await server.lanes.ping() }
      #expect(server.lanes.progress[0] < turns + 35)
      #expect(server.listener.connections == 1)
      first.close()
      // 20 pings, and the request of the client that waits to be accepted.
      while server.listener.requests < 21 {
        if server.listener.connections == 0 { server.clock.advance(milliseconds: 100) }
        await Task.yield()
      }
      #expect(try second.receiveOnce() == LaneFixture.line + "\n")
    }
  }

  @Test func aThousandListenersOnOneLane() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      alarm(100)
      DescriptorLimit.raise()
      let server = try await LaneFixture()
      var listeners: [any OpenListener] = []
      for number in 0..<1000 {
        server.reader.set(PointsRow(user: "user\(number)", points: Int64(number), stamp: nil))
        listeners.append(
          try await server.lanes.open(LaneFixture.specification("user\(number)")) { _ in })
      }
      let clients = try listeners.map { try Client(port: $0.port) }
      for client in clients { try client.send("get_data\n") }
      for (number, client) in clients.enumerated() {
        let answer = try client.receiveOnce()
        #expect(answer == "User: user\(number) | Points: \(number) | Last Update: never\n")
      }
      let threads = try ProcessFigures.read("Threads:")
      #expect(threads < 20)
      print("1,000 listeners: \(threads) threads, \(server.reader.reads) reads")
      await server.lanes.shutdown()
      #expect(listeners.allSatisfy { $0.connections == 0 })
    }
    report(result)
  }

  @Test func tenThousandIdleConnections() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      alarm(100)
      let count = min(10_000, (ProcessFigures.descriptors(wanted: 20_300) - 300) / 2)
      let server = try await LaneFixture(limits: LaneLimits(connectionsPerServer: count))
      let before = try ProcessFigures.read("RssAnon:")
      var clients: [Client] = []
      clients.reserveCapacity(count)
      for _ in 0..<count { clients.append(try server.client()) }
      try await waitWhile { server.listener.connections < count }
      // Each has asked once and is idle since.
      for client in clients { try client.send("get_data") }
      for client in clients { #expect(try client.receiveOnce() == LaneFixture.line) }
      let after = try ProcessFigures.read("RssAnon:")
      let statistics = await server.lanes.statistics()
      #expect(statistics.bytesPerSlot <= 80 && statistics.connectionSlots == count)
      #expect(statistics.backlogBytes == 0 && statistics.pendingNodes <= count)
      print(
        "\(count) idle connections: \(statistics.bytesPerSlot) bytes a slot; the process, clients "
          + "and all, grew by \((after - before) * 1024 / count) bytes a connection")
      let next = try server.client()
      #expect(try next.receiveOnce() == "Too many connections")
    }
    report(result)
  }

  /// Shows what the other process found.
  private func report(_ result: ExitTest.Result?) {
    guard let output = result?.standardOutputContent else { return }
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    for line in lines where line.contains("listeners:") || line.contains("connections:") {
      print(line)
    }
  }
}

/// What the kernel counts of this process.
enum ProcessFigures {
  struct Missing: Error {}

  /// Raises the limit of descriptors as far as `wanted`, or as far as allowed.
  /// - Returns: the limit that holds now.
  static func descriptors(wanted: Int) -> Int {
    var limit = rlimit(rlim_cur: rlim_t(wanted), rlim_max: rlim_t(wanted))
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { return wanted }
    return min(DescriptorLimit.raise(), wanted)
  }

  /// A figure of /proc/self/status.
  static func read(_ name: String) throws -> Int {
    guard let file = fopen("/proc/self/status", "r") else { throw Missing() }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
      if text.hasPrefix(name),
        let figure = text.split(whereSeparator: \.isWhitespace).dropFirst()
          .first.flatMap({ Int($0) })
      {
        return figure
      }
    }
    throw Missing()
  }
}
