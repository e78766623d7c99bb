import Glibc
import Lanes
import Points
import Testing

/// Opening and closing of listeners.
@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
  private func fault(of specification: ListenerSpecification, on lanes: LaneSet) async
    -> ListenerError?
  {
    do {
      _ = try await lanes.open(specification) { _ in }
      return nil
    } catch {
      return error as? ListenerError
    }
  }

  @Test func aPortInUseIsNamedAndMayBeTriedAgain() async throws {
    let server = try await LaneFixture()
    let port = server.listener.port
    let error = await fault(
      of: LaneFixture.specification("Irfan", port: port), on: server.lanes)
    #expect(error?.reason.hasPrefix("port \(port) is already in use by another program") == true)
    #expect(error?.retryable == true)
  }

  @Test func addressesThatCannotBeListenedTo() async throws {
    let server = try await LaneFixture()
    let name = await fault(
      of: LaneFixture.specification(address: "localhost", port: 5001), on: server.lanes)
    #expect(name?.reason.hasPrefix("`localhost` is no IPv4 or IPv6 address") == true)
    #expect(name?.retryable == false)
    let foreign = await fault(
      of: LaneFixture.specification(address: "203.0.113.1"), on: server.lanes)
    #expect(foreign?.reason.contains("203.0.113.1 is not an address of this machine") == true)
    #expect(foreign?.retryable == true)
  }

  @Test func bothFamilies() async throws {
    let server = try await LaneFixture()
    for address in ["0.0.0.0", "127.0.0.2"] {
      let listener = try await server.lanes.open(
        LaneFixture.specification(address: address)
      ) { _ in }
      #expect(listener.port > 0)
    }
    // A machine without IPv6 says so; one with it listens.
    do {
      let listener = try await server.lanes.open(
        LaneFixture.specification(address: "::1")
      ) { _ in }
      #expect(listener.port > 0)
    } catch let error as ListenerError {
      #expect(error.reason.contains("::1"))
    }
  }

  @Test func clientsGetWhatTheyAreOwedThenTheClose() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let asking = try await server.accepted()
    let idle = try await server.accepted()
    try idle.send("ping\n")
    #expect(try idle.receiveOnce() == "pong\n")
    try asking.send("get_data\nget")
    try await server.reader.hasRead()
    let listener = server.listener
    async let closed: Void = listener.close()
    #expect(try idle.receiveOnce() == nil)
    try await waitWhile { (try? server.client()) != nil }
    server.reader.behave()
    server.reader.release()
    #expect(try asking.receiveToEnd() == "\(LaneFixture.line)\n\(LaneFixture.line)")
    asking.close()
    await closed
    #expect(listener.connections == 0)
    await listener.close()
    // The port is free again.
    let again = try await server.lanes.open(
      LaneFixture.specification(port: listener.port)
    ) { _ in }
    try #require(try Client(port: again.port).receiveNothingYet)
  }

  @Test func aClientThatDoesNotTakeWhatItIsOwedIsNotWaitedForForEver() async throws {
    let server = try await LaneFixture()
    let client = try server.client(receiveBuffer: 2048)
    while await server.lanes.statistics().backlogBytes == 0 {
      _ = client.flood(String(repeating: "help\n", count: 1000), times: 1)
    }
    let listener = server.listener
    async let closed: Void = listener.close()
    try await waitWhile { (try? server.client()) != nil }
    await server.lanes.ping()
    server.clock.advance(milliseconds: 1999)
    #expect(listener.connections == 1)
    server.clock.advance(milliseconds: 1)
    await closed
    #expect(listener.connections == 0)
  }

  @Test func aListenerThatBreaksTellsItAndIsClosed() async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    // Nobody but the kernel can break a listening socket; shutting it down comes near.
    for descriptor in Int32(3)..<1000 where isListening(descriptor, port: server.listener.port) {
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
    let reason = try await server.faults.first()
    #expect(reason.hasPrefix("server1 (Afif, port \(server.listener.port)) stopped listening: "))
    #expect(try client.receiveOnce() == nil)
    await server.listener.close()
    _ = try await server.lanes.open(
      LaneFixture.specification(port: server.listener.port)
    ) { _ in }
  }

  private func isListening(_ descriptor: Int32, port: Int) -> Bool {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0, value == 1
    else { return false }
    var address = sockaddr_in()
    length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port)) == port
  }

  @Test func shutdownClosesEverythingAndMayBeCalledTwice() async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    await server.lanes.shutdown()
    #expect(try client.receiveOnce() == nil)
    await server.lanes.shutdown()
    await server.listener.close()
    server.lanes.publish([LaneFixture.afif])
    let error = await fault(of: LaneFixture.specification(), on: server.lanes)
    #expect(error == ListenerError(reason: "the daemon is stopping", retryable: false))
  }

  @Test func oneReadServesAllUsersOfALane() async throws {
    let server = try await LaneFixture()
    let irfan = PointsRow(user: "Irfan", points: 3, stamp: nil)
    server.reader.set(irfan)
    let listener = try await server.lanes.open(LaneFixture.specification("Irfan")) { _ in }
    server.reader.behave(holding: true)
    let clients = [try server.client(), try server.client(), try Client(port: listener.port)]
    try clients[0].send("get_data")
    try await server.reader.hasRead()
    for client in clients.dropFirst() { try client.send("get_data") }
    try await server.tookIn(bytes: 24)
    server.reader.release()
    #expect(try clients[0].receiveOnce() == LaneFixture.line)
    try await server.reader.hasRead()
    server.reader.release()
    #expect(try clients[1].receiveOnce() == LaneFixture.line)
    #expect(try clients[2].receiveOnce() == "User: Irfan | Points: 3 | Last Update: never")
    #expect(server.reader.reads == 2)
  }
}

extension Client {
  /// Whether nothing has come.
  fileprivate var receiveNothingYet: Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
  }
}
