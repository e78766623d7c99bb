import Glibc
import JSONText
import Testing

@testable import ConfigurationFile

/// The files under `config/`.
@Suite struct ShippedFilesTests {
  private static let folder =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/config"

  @Test func theExampleIsTheDesign() throws {
    let bytes = try readFile(Self.folder + "/pointsd.json", limit: 1 << 20)
    #expect(String(decoding: bytes, as: UTF8.self) == Sample.good + "\n")
    let configuration = try Configuration.load(
      path: Self.folder + "/pointsd.json", credentialsDirectory: nil)
    #expect(configuration.users.count == 5)
  }

  /// What the schema lists, an editor offers; what the daemon knows, it takes. They are the same.
  @Test func theSchemaKnowsTheKeysThatTheDaemonKnows() throws {
    let root = try JSONParser.parse(readFile(Self.folder + "/pointsd.schema.json", limit: 1 << 20))
    let schema = try #require(root.member("properties"))
    #expect(schema.keys == (try knownKeys(#"{"§§§§§§§§§§":1}"#)))
    for (path, text) in [
      ("database", #"{"database":{"§§§§§§§§§§":1}}"#),
      ("database/managed", #"{"database":{"managed":{"§§§§§§§§§§":1}}}"#),
      ("http", #"{"http":{"§§§§§§§§§§":1}}"#),
      ("http/libraries", #"{"http":{"libraries":{"§§§§§§§§§§":1}}}"#),
      ("control", #"{"control":{"§§§§§§§§§§":1}}"#),
      ("listeners", #"{"listeners":{"§§§§§§§§§§":1}}"#),
      ("accrual", #"{"accrual":{"§§§§§§§§§§":1}}"#),
      ("log", #"{"log":{"§§§§§§§§§§":1}}"#),
    ] {
      var node: JSONNode? = schema
      for (depth, key) in path.split(separator: "/").enumerated() {
        if depth > 0 { node = node?.member("properties") }
        node = node?.member(String(key))
      }
      #expect(node?.member("properties")?.keys == (try knownKeys(text)), "\(path)")
    }
    let user = schema.member("users")?.member("items")?.member("properties")
    #expect(user?.keys == (try knownKeys(#"{"users":[{"§§§§§§§§§§":1}]}"#)))
  }

  /// A key is a line of the table: what the schema lists is in it, with its default, and the manual page
  /// describes it.
  @Test func theTableHasEachKeyWithItsDefault() throws {
    let schema = try JSONParser.parse(
      readFile(Self.folder + "/pointsd.schema.json", limit: 1 << 20))
    let leaves = schema.leaves(below: "")
    #expect(
      Set(ConfigurationKey.all.map(\.path)).union(["$schema", "users"]) == Set(leaves.map(\.path)))
    let manual = try readFile(Self.folder + "/../docs/man/pointsd.json.5", limit: 1 << 20)
    let items = String(decoding: manual, as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix(".It Cm ") }.flatMap { $0.dropFirst(7).split(separator: " , ") }
    let defaults = try [
      Sample.users(#"{"name":"A","port":1}"#), Sample.database(#"{"hosts":["/s"]}"#),
    ]
    .map { try Configuration.parse(Array($0.utf8), path: "/c.json", credentialsDirectory: nil) }
    for key in ConfigurationKey.all {
      #expect(items.contains(Substring(key.path)), "pointsd.json(5) lacks \(key.path)")
      guard let stated = leaves.first(where: { $0.path == key.path })?.node.member("default")
      else { continue }
      #expect(
        defaults.compactMap(key.text).contains(stated.asPlanText), "the default of \(key.path)")
    }
  }

  /// The keys that the fault about an unknown one lists.
  private func knownKeys(_ text: String) throws -> [String] {
    let fault = #expect(throws: ConfigurationFaults.self) {
      try Configuration.parse(Array(text.utf8), path: "/c.json", credentialsDirectory: nil)
    }
    let mark = "unknown key; known are "
    let message = try #require(fault?.faults.map(\.message).first { $0.hasPrefix(mark) })
    return message.dropFirst(mark.count).split(separator: ", ").map(String.init)
  }
}

extension JSONNode {
  fileprivate func member(_ key: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.key == key }?.node
  }

  /// The properties of a schema that have none themselves.
  fileprivate func leaves(below path: String) -> [(path: String, node: JSONNode)] {
    guard case .object(let members)? = member("properties")?.value else { return [(path, self)] }
    return members.flatMap {
      $0.node.leaves(below: path.isEmpty ? $0.key : "\(path).\($0.key)")
    }
  }

  fileprivate var asPlanText: String {
    switch value {
    case .string(let text), .number(let text): text
    case .boolean(let value): "\(value)"
    case .array(let elements): "[" + elements.map(\.asPlanText).joined(separator: ", ") + "]"
    default: "\(value)"
    }
  }

  fileprivate var keys: [String] {
    guard case .object(let members) = value else { return [] }
    return members.map(\.key).sorted()
  }
}
