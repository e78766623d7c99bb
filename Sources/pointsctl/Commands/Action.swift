import JSONText

/// A change of the state of profiles, by the API's own word for it.
enum Action: String {
  case start, stop, restart, pause, resume, reset

  /// Asks for the change, target after target, and prints what each has become.
  ///
  /// Names are looked up before anything is asked: one that nobody has changes nothing. A target
  /// that fails ends the command, and what was done before is printed.
  func run(_ options: ActionOptions) async throws {
    let client = try options.common.client()
    let targets = try Profiles(servers: await client.servers()).targets(of: options.profiles)
    let fields = options.reason.map { [(key: "reason", value: JSONValue.string($0))] } ?? []
    var answers: [JSONNode] = []
    var failure: CommandFault?
    for (index, target) in targets.enumerated() {
      do throws(CommandFault) {
        // A group is restarted one server after the other.
        let answer = try await client.post(
          path(of: target), fields, timeoutSeconds: self == .restart ? 120 : 15)
        answers += Self.entries(of: answer)
      } catch {
        failure = targets.count == 1 ? error : Self.named(error, targets, at: index)
        break
      }
    }
    try report(answers, json: options.common.json)
    if let failure { throw failure }
  }

  /// A failure with the target that it is of, and those that were not asked for.
  private static func named(
    _ fault: CommandFault, _ targets: [Profiles.Target], at index: Int
  ) -> CommandFault {
    let rest = targets[(index + 1)...].map(\.name)
    let untouched = rest.isEmpty ? "" : "\nleft alone: \(rest.joined(separator: ", "))"
    return CommandFault(fault.status, "\(targets[index].name): \(fault.description)\(untouched)")
  }

  /// Where the API takes this change of `target`.
  func path(of target: Profiles.Target) -> String {
    switch (target, self) {
    case (.group(let name, _), _): "/api/groups/\(percentEncoded(name))/\(rawValue)"
    case (.server(let entry), .start), (.server(let entry), .stop), (.server(let entry), .restart):
      "/api/servers/\(percentEncoded(entry.name))/\(rawValue)"
    case (.server(let entry), _): "/api/users/\(percentEncoded(entry.user))/\(rawValue)"
    }
  }

  /// What was touched: the array in `data`, the one thing in it, or the flat answer of a user.
  static func entries(of answer: JSONNode) -> [JSONNode] {
    if let data = answer["data"] { return data.array ?? [data] }
    guard case .object(let members) = answer.value else { return [] }
    let flat = members.filter { $0.key != "success" }
    return [JSONNode(offset: answer.offset, value: .object(flat))]
  }

  /// Prints one line a target, and complains of servers that were to run and do not.
  private func report(_ entries: [JSONNode], json: Bool) throws(CommandFault) {
    if json {
      try Output.line(JSONValue.array(entries).indented())
    } else {
      for entry in entries { try Output.line(line(entry, style: .ofOutput)) }
    }
    let failed = entries.filter(failedToRun)
    guard !failed.isEmpty else { return }
    let names = failed.compactMap { ($0["user"] ?? $0["username"])?.string }
    throw CommandFault(
      .difference,
      "not running: \(excerpt(names.joined(separator: ", "), limit: 500)); pointsctl ps says why")
  }

  /// `Afif: running`, and the reason if there is one.
  func line(_ entry: JSONNode, style: Style) -> String {
    let user = excerpt((entry["user"] ?? entry["username"])?.string ?? "?", limit: 200)
    if let message = entry["message"]?.string { return "\(user): \(excerpt(message, limit: 500))" }
    let line = "\(user): \(state(excerpt(entry["status"]?.string ?? "done", limit: 40), style))"
    guard failedToRun(entry), let reason = entry["reason"]?.string else {
      return self == .reset ? "\(user): Points reset to 0" : line
    }
    return line + " (\(excerpt(reason, limit: 500)))"
  }

  /// In the words of `ps`; of a stopped user what the change did is not to be seen by its state.
  private func state(_ status: String, _ style: Style) -> String {
    switch (self, status) {
    case (_, "active"): style.state("running")
    case (.pause, "stopped"): style.state("stopped") + ", and will be paused when it is started"
    case (.resume, "stopped"): style.state("stopped") + ", and will earn when it is started"
    default: style.state(status)
    }
  }

  /// Whether a server that was asked to run does not.
  private func failedToRun(_ entry: JSONNode) -> Bool {
    guard self == .start || self == .restart, let status = entry["status"]?.string else {
      return false
    }
    return status != "running" && status != "paused"
  }
}
