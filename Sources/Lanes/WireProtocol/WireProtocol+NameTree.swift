extension WireProtocol {
  /// The names of all requests as a prefix tree, so that a connection remembers an incomplete line
  /// in one byte: the node it has reached.
  struct NameTree: Sendable {
    /// The node before the first letter.
    static let root: UInt8 = 0
    /// The node of everything that begins no request.
    static let nowhere: UInt8 = .max

    /// 32 entries a node: the next node for each letter's symbol.
    private var next: [UInt8]
    private var requests: [Request?]
    private var parents = [Self.root]

    static let shared = NameTree()

    private init() {
      next = Array(repeating: Self.nowhere, count: 32)
      requests = [nil]
      for (name, request) in WireProtocol.names {
        insert(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), request)
      }
    }

    private mutating func insert(_ name: UnsafeBufferPointer<UInt8>, _ request: Request) {
      var node = Self.root
      for byte in name {
        let index = Int(node) << 5 | Self.symbol(byte)
        if next[index] == Self.nowhere {
          next[index] = UInt8(requests.count)
          next += repeatElement(Self.nowhere, count: 32)
          requests.append(nil)
          parents.append(node)
        }
        node = next[index]
      }
      requests[Int(node)] = request
    }

    /// 1 to 26 for letters of either case, 27 for `_`, 0 for what stands in no name.
    private static func symbol(_ byte: UInt8) -> Int {
      switch byte {
      case 0x61...0x7A: Int(byte) - 0x60
      case 0x41...0x5A: Int(byte) - 0x40
      case 0x5F: 27
      default: 0
      }
    }

    /// The node after `byte`.
    func node(after node: UInt8, _ byte: UInt8) -> UInt8 {
      node == Self.nowhere ? Self.nowhere : next[Int(node) << 5 | Self.symbol(byte)]
    }

    /// The node without its last letter; the root's is the root.
    func parent(of node: UInt8) -> UInt8 { parents[Int(node)] }

    /// The request whose name ends at `node`; `unknown` where none does.
    func request(at node: UInt8) -> Request {
      node == Self.nowhere ? .unknown : requests[Int(node)] ?? .unknown
    }

    /// Whether a name ends at `node` and no longer name goes on from there.
    func isComplete(at node: UInt8) -> Bool {
      guard node != Self.nowhere, requests[Int(node)] != nil else { return false }
      return next[Int(node) << 5..<(Int(node) + 1) << 5].allSatisfy { $0 == Self.nowhere }
    }
  }
}
