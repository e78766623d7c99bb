import LedgerModel
import Points
import Supervisor

// What must hold when everything was quiet for a while.
extension Judge {
  /// The daemon was killed before it answered.
  func hungUp(_ operation: Operation) { asked[operation.id] = nil }

  /// A daemon ended with exit status 0: no run of its users is open, unless another serves them.
  func checkStopped(_ daemon: Daemon) {
    let ledger = daemon.server.ledger
    let elsewhere = ledger.served.filter { $0.key != daemon.instance }.values
      .reduce(into: Set<String>()) { $0.formUnion($1.users) }
    let open = ledger.openRuns
    for user in ended[daemon.number] ?? [] where open[user] != nil && !elsewhere.contains(user) {
      world.fault("daemon \(daemon.number) ended with status 0, and the run of \(user) is open")
    }
  }

  func conclude(_ server: DatabaseServer, _ daemons: [Daemon]) {
    let holder = daemons.first { $0.instance == server.lockHolder?.instance }
    for line in server.ledger.differences(now: server.now) where !isExplained(line, server, holder)
    {
      world.fault("the ledger does not add up: \(line)")
    }
    for daemon in daemons {
      if daemon.process == nil { checkStopped(daemon) }
    }
    checkAnswers(daemons)
    if !server.ledger.hasTriggers { world.fault("edits by hand go unrecorded") }
    guard let daemon = holder, let process = daemon.process else {
      world.fault("no daemon works on the database")
      return
    }
    checkEarnings(server, daemon, process)
    checkMemory(server, process)
    // What is edited by hand is followed within 2 s; a tick may be due besides.
    guard let user = process.definitions.first?.user, let intent = server.ledger.intents[user]
    else { return }
    server.edit("\(user) is asked to \(intent.running ? "stop" : "run")") {
      $0.intents[user] = Intent(
        user: user, running: !intent.running, paused: false, requestedBy: "bob", reason: nil,
        since: intent.since, revision: intent.revision + 1)
    }
    world.run(until: world.now + 2500)
    checkEarnings(server, daemon, process)
    checkMemory(server, process)
  }

  /// While the database is away the daemon is not ready.
  func checkReadiness(_ server: DatabaseServer, _ process: DaemonProcess) {
    guard let since = server.awaySince, world.now - since > 6000 else { return }
    Task {
      let failure = await process.supervisor.readinessFailure()
      if failure == nil, server.awaySince == since, !process.store.isDead {
        world.fault("life \(process.life) is ready, and the database is away since \(since) ms")
      }
    }
  }

  private func checkMemory(_ server: DatabaseServer, _ process: DaemonProcess) {
    Task { await self.compareMemory(server, process) }
    world.run(until: world.now + 500)
  }

  /// Points that were edited while no trigger was there are none of the ledger's, and nobody makes
  /// the row of a user again whom the daemon that has the lock does not serve.
  private func isExplained(
    _ line: String, _ server: DatabaseServer, _ holder: Daemon?
  ) -> Bool {
    guard let user = line.split(separator: " ").first.map(String.init) else { return false }
    return isUnrecorded(user)
      || server.ledger.rows[user] == nil && configured[holder?.number ?? -1]?[user] == nil
  }

  private func checkAnswers(_ daemons: [Daemon]) {
    let living = Set(daemons.compactMap { $0.process?.life })
    for (id, asked) in asked.sorted(by: { $0.value.moment < $1.value.moment }) {
      guard asked.answer == nil, living.contains(asked.life) else { continue }
      world.fault("\(id) (\(asked.kind) \(asked.users)) was never answered")
    }
  }

  /// Runs are open where they must be, and credited up to the present.
  private func checkEarnings(_ server: DatabaseServer, _ daemon: Daemon, _ process: DaemonProcess) {
    let ledger = server.ledger
    let open = ledger.openRuns
    // One whose points are below 0 by what no trigger saw is left as it is, and named.
    for (user, account) in configured[daemon.number] ?? [:] where !isUnrecorded(user) {
      if let earning = earns(account, ledger), earning != (open[user] != nil) {
        world.fault("\(user) is \(earning ? "to earn and does not" : "not to earn and does")")
      }
      guard let run = open[user] else { continue }
      if run.terms != account.terms {
        world.fault("\(user) earns \(run.terms), not \(account.terms)")
      }
      let slot = run.terms.slot(at: server.now)
      if run.last < slot - 1 {
        world.fault("\(user) is credited up to slot \(run.last), and it is \(slot)")
      }
    }
    let known = configured.values.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
      .union(ledger.served.values.flatMap(\.users))
    for user in open.keys where !known.contains(user) {
      world.fault("\(user) earns though nobody serves it")
    }
  }

  /// The daemon shows what the ledger has, is ready, and knows what became of everything.
  private func compareMemory(_ server: DatabaseServer, _ process: DaemonProcess) async {
    let supervisor = process.supervisor
    if let failure = await supervisor.readinessFailure() {
      world.fault("life \(process.life) is not ready: \(failure.detail)")
    }
    for status in await supervisor.servers() {
      let intent = server.ledger.intents[status.user]
      let account = configured.values.compactMap { $0[status.user] }.first
      if account?.override == nil, let intent {
        let wanted: ServerState =
          intent.running ? intent.paused ? .paused : .running : .stopped
        if status.wanted != wanted {
          world.fault("\(status.user) is shown as wanted \(status.wanted), not \(wanted)")
        }
      }
      let isOpen = process.host.open[status.user] != nil
      if isOpen != (status.wanted != .stopped) {
        world.fault("the listener of \(status.user) is \(isOpen), wanted is \(status.wanted)")
      }
    }
    await checkOperations(supervisor)
  }

  /// Of everything that was ever answered by 504 the daemon says later what became of it.
  private func checkOperations(_ supervisor: Supervisor) async {
    for (id, asked) in asked.sorted(by: { $0.value.moment < $1.value.moment }) {
      guard case .unknown(let operation) = asked.answer, restores == 0 else { continue }
      do {
        let record = try await supervisor.operations(.identifier(operation)).first
        let isDone = record?.outcome == .done
        if record?.outcome == .unknown { world.fault("\(operation) is still unknown") }
        if isDone != (done[operation] != nil) {
          world.fault("\(operation), asked as \(id), is said to be \(String(describing: record))")
        }
      } catch {
        world.fault("\(operation) cannot be asked about: \(error)")
      }
    }
  }
}
