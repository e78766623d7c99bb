import LedgerModel
import Points
import Supervisor

/// People and their scripts: what they ask of the daemons, and do to them, by chance.
final class Operators: @unchecked Sendable {
  let world: World
  let server: DatabaseServer
  let daemons: [Daemon]
  private var number = 0

  var judge: Judge { server.judge }

  init(server: DatabaseServer, daemons: [Daemon]) {
    world = server.world
    self.server = server
    self.daemons = daemons
  }

  /// Does one thing.
  func act() {
    switch world.random.below(100) {
    case 0..<52: change()
    case 52..<60: changeGroup()
    case 60..<65: reload()
    case 65..<70: restore()
    case 70..<73: restart()
    case 73..<77: world.random.pick(daemons).kill()
    case 77..<80: world.random.pick(daemons).terminate()
    case 80..<88: startSomebody()
    case 88..<97: editByHand()
    default: listenerFails()
    }
  }

  private func startSomebody() {
    let daemon = world.random.pick(daemons)
    guard daemon.process == nil else { return }
    let users = daemon.file.map(\.user)
    daemon.selected =
      world.random.percent(25) ? Set(users.filter { _ in world.random.percent(60) }) : nil
    daemon.start()
  }

  private func living() -> DaemonProcess? {
    daemons.compactMap(\.process).filter { !$0.store.isStopping }.randomElement(
      using: &world.random)
  }

  private func operation(key: String? = nil) -> Operation {
    number += 1
    return Operation(id: "operation \(number)", requestedBy: "alice", reason: nil, key: key)
  }

  private func randomChange() -> Change {
    switch world.random.below(10) {
    case 0, 1: .start
    case 2, 3: .stop
    case 4: .pause
    case 5: .resume
    case 6: .toggle
    case 7: .reset
    default: .adjust(delta: world.random.within(-30...60))
    }
  }

  private func change() {
    guard let process = living(), !process.definitions.isEmpty else { return }
    let user = world.random.pick(process.definitions).user
    let change = randomChange()
    let key = world.random.percent(20) ? "key \(world.random.below(20)) of \(change) \(user)" : nil
    ask(process, operation(key: key), change.word, users: [user]) { supervisor, operation in
      if change.isIntent {
        _ = try await supervisor.apply(change, to: user, by: operation)
      } else {
        _ = try await supervisor.adjust(change, user: user, by: operation)
      }
      return nil
    }
  }

  private func changeGroup() {
    guard let process = living(), process.definitions.count > 1 else { return }
    let users = process.definitions.map(\.user).filter { _ in world.random.percent(80) }
    guard users.count > 1 else { return }
    let change = world.random.pick([Change.start, .stop, .pause, .resume, .reset])
    ask(process, operation(), change.word, users: users) { supervisor, operation in
      try await supervisor.apply(change, toAll: users, by: operation).users
        .filter { $0.result == .done }.map(\.user)
    }
  }

  private func restart() {
    guard let process = living(), !process.definitions.isEmpty else { return }
    let user = world.random.pick(process.definitions).user
    let operation = operation()
    Task { _ = try? await process.supervisor.restart(user, by: operation) }
  }

  private func reload() {
    guard let process = living(),
      let daemon = daemons.first(where: { $0.process === process })
    else { return }
    daemon.file = Self.edited(daemon.file, &world.random)
    let operation = operation()
    // One that changes no account is no operation of the ledger.
    ask(process, operation, "reload", users: []) { supervisor, operation in
      _ = try await supervisor.reload(by: operation)
      return nil
    }
  }

  /// A file with other terms, or with a user fewer or more.
  private static func edited(
    _ file: [ServerDefinition], _ random: inout Generator
  ) -> [ServerDefinition] {
    var file = file
    let index = random.below(max(1, file.count))
    if random.percent(25), file.count > 1 {
      file.remove(at: index)
    } else if random.percent(30) {
      let group = file[0].groups[0]
      let names = (0..<5).map { "\(group)\($0)" }
      if let name = names.first(where: { name in !file.contains { $0.user == name } }) {
        file.append(Scenario.definition(name, group: group, &random))
      }
    } else {
      file[index] = Scenario.definition(file[index].user, group: file[index].groups[0], &random)
    }
    return file
  }

  private func restore() {
    guard let process = living() else { return }
    guard !server.backups.isEmpty, world.random.percent(60) else {
      if !server.isAway { _ = server.save() }
      return
    }
    let file = SavedFile(number: world.random.below(server.backups.count))
    ask(process, operation(), "restore", users: []) { supervisor, operation in
      try await supervisor.restore(file, by: operation, progress: { _ in })
      return nil
    }
  }

  /// Asks, and hands the answer to the judge, unless the daemon was killed meanwhile.
  private func ask(
    _ process: DaemonProcess, _ operation: Operation, _ kind: String, users: [String],
    _ body: @escaping @Sendable (Supervisor, Operation) async throws -> [String]?
  ) {
    judge.ask(operation, kind, users: users, life: process.life)
    let restores = judge.restores
    Task {
      let answer: Judge.Answer
      do {
        answer = .done(try await body(process.supervisor, operation))
      } catch ControlError.unknown(let identifier, _) {
        answer = .unknown(identifier)
      } catch {
        answer = .denied("\(error)")
      }
      guard !process.store.isDead else { return judge.hungUp(operation) }
      judge.answered(operation, answer)
      if case .unknown(let identifier) = answer { await pursue(identifier, process, restores) }
    }
  }

  /// Asks `GET /api/operations/{id}` until it knows.
  private func pursue(
    _ operation: String, _ process: DaemonProcess, _ restores: Int
  ) async {
    while true {
      await world.pause(1000)
      guard !process.store.isDead, !process.store.isStopping else { return }
      guard let records = try? await process.supervisor.operations(.identifier(operation)),
        !process.store.isDead
      else { continue }
      // Another ledger says nothing of it.
      guard restores == judge.restores else { return }
      guard records.first?.outcome != .unknown else { continue }
      return judge.learned(operation, isDone: records.first?.outcome == .done)
    }
  }

  private func editByHand() {
    guard !server.isAway, !server.isFrozen, server.locked.isEmpty else { return }
    guard let user = server.ledger.rows.keys.sorted().randomElement(using: &world.random) else {
      return
    }
    let now = server.now
    switch world.random.below(12) {
    case 0..<5:
      let points = world.random.within(0...500)
      server.edit("\(user) has \(points)") { $0.edit(user, points: points, now: now) }
    case 5, 6: server.edit("\(user) is deleted") { $0.delete(user) }
    case 7: server.edit("TRUNCATE") { $0.truncate() }
    case 8: server.edit("triggers are dropped") { $0.hasTriggers = false }
    case 9, 10:
      guard let intent = server.ledger.intents[user] else { return }
      server.edit("\(user) is asked to \(intent.running ? "stop" : "run")") {
        $0.intents[user] = Intent(
          user: user, running: !intent.running, paused: false, requestedBy: "bob", reason: nil,
          since: intent.since, revision: intent.revision + 1)
      }
    default:
      server.edit("the run of \(user) is closed") { ledger in
        guard let index = ledger.runs.firstIndex(where: { $0.user == user && $0.isOpen }) else {
          return
        }
        ledger.runs[index].closing = "by hand"
      }
    }
  }

  private func listenerFails() {
    guard let process = living(),
      let user = process.host.open.keys.sorted().randomElement(using: &world.random)
    else { return }
    world.trace("the listener of \(user) fails")
    process.host.open[user]?.onFault("the kernel said no")
  }
}
