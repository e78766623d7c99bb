/// What a lane holds, for tests and benchmarks.
package struct LaneStatistics: Sendable {
  package var connections = 0
  package var connectionSlots = 0
  package var bytesPerSlot = MemoryLayout<Connection>.stride
  package var bytesReceived = 0
  package var pendingNodes = 0
  package var backlogBytes = 0
  package var reads = 0
  package var watchers = 0

  package init() {}

  mutating func add(_ other: LaneStatistics) {
    connections += other.connections
    connectionSlots += other.connectionSlots
    bytesReceived += other.bytesReceived
    pendingNodes += other.pendingNodes
    backlogBytes += other.backlogBytes
    reads += other.reads
    watchers += other.watchers
  }
}
