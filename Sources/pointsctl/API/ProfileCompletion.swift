import ArgumentParser
import JSONText

extension CompletionKind {
  /// Other daemons on the same ledger.
  static let instances = CompletionKind.custom { _, _, prefix in
    let client = APIClient(endpoint: .socket(chosenSocket(asked: nil)), token: nil)
    // A completion has nobody to complain to.
    guard let data = try? await client.get("/api/instances").data() else { return [] }
    let names = (data.array ?? []).compactMap { $0["name"]?.string }
    return names.filter { $0.hasPrefix(prefix) && excerpt($0, limit: 300) == $0 }
  }

  /// The users, servers and groups of the running daemon; nothing while there is none.
  static let profiles = CompletionKind.custom { _, _, prefix in
    let client = APIClient(endpoint: .socket(chosenSocket(asked: nil)), token: nil)
    // A completion has nobody to complain to.
    guard let servers = try? await client.servers() else { return [] }
    return ProfileCompletion.candidates(for: prefix, among: servers)
  }
}

enum ProfileCompletion {
  /// The names that go on from `prefix`, in any case: what was typed stays as it was typed, because
  /// shells compare byte by byte.
  static func candidates(for prefix: String, among servers: [ServerEntry]) -> [String] {
    let names = servers.map(\.user) + servers.map(\.name) + servers.flatMap(\.groups) + ["all"]
    var candidates: [String] = []
    // A name that is not printable as it is is no daemon's, and the shell would obey it.
    let printable = names.filter { excerpt($0, limit: 200) == $0 }
    for name in printable where name.lowercased().hasPrefix(prefix.lowercased()) {
      let candidate = prefix + name.dropFirst(prefix.count)
      if !candidates.contains(candidate) { candidates.append(candidate) }
    }
    return candidates
  }
}
