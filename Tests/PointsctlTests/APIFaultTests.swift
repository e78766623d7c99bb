import NIOCore
import NIOHTTP1
import Testing

@testable import pointsctl

@Suite struct APIFaultTests {
  /// Errors of libraries, which mean nothing to an operator.
  @Test func somethingElseThatListensIsCalledSo() {
    let endpoint = Endpoint.socket("/s")
    let advice = "Does something else listen there?"
    #expect(
      APIFault.unreachable(endpoint, HTTPParserError.invalidConstant).description
        == "the answer is not one of pointsd: /s speaks no HTTP. \(advice)")
    #expect(
      APIFault.unreachable(endpoint, NIOTooManyBytesError(maxBytes: 1)).description
        == "the answer is not one of pointsd: /s gave more than any answer has. \(advice)")
  }
}
