import Points

/// Brings the supervisor's events, and a heartbeat every two seconds, to the listeners.
struct EventPump: Sendable {
  let control: any Control
  let stream: EventStream
  let snapshots: SnapshotSource
  let time: DashboardTime

  /// A page takes the daemon for lost when it hears nothing for two of these.
  static let heartbeat = Duration.seconds(2)
  /// Before events are asked for again when their stream ended.
  static let pause = Duration.milliseconds(200)

  /// Works until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.beat() }
      group.addTask { await self.pass() }
    }
  }

  private func beat() async {
    repeat {
      await stream.beat(["timestamp": .string(time.now().description)])
    } while await slept(Self.heartbeat)
  }

  private func pass() async {
    repeat {
      let events = await control.events()
      // What happened before the subscription is known to nobody here.
      await stream.interrupt()
      await snapshots.begin()
      for await event in events {
        if case .snapshot(let state) = event {
          await snapshots.take(state)
          continue
        }
        let timestamp = time.now()
        await stream.publish(EventEncoder.name(of: event)) {
          EventEncoder.data(of: event, timestamp: timestamp, for: $0)
        }
      }
    } while await slept(Self.pause)
  }

  private func slept(_ duration: Duration) async -> Bool {
    do {
      try await time.sleep(duration)
      return true
    } catch {
      return false
    }
  }
}
