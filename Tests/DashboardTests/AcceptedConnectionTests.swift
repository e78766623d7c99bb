import NIOCore
import NIOEmbedded
import Testing

@testable import Dashboard

@Suite struct AcceptedConnectionTests {
  /// NIO would end the process here.
  @Test(.timeLimit(.minutes(1)))
  func aConnectionThatNobodyServesIsClosed() async throws {
    let channel = NIOAsyncTestingChannel()
    try await channel.testingEventLoop.executeInContext {
      let connection = AcceptedConnection(
        try AcceptedConnection.Parts(wrappingChannelSynchronously: channel))
      channel.pipeline.fireChannelActive()
      _ = connection.channel
    }
    try await channel.closeFuture.get()
  }
}
