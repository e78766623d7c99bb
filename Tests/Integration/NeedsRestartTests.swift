import ConfigurationFile
import Points
import Testing

/// What `plan` says of keys that are fixed while the daemon runs.
@Suite struct NeedsRestartTests {
  private typealias Given = Configuration.GivenDatabase

  /// Two configurations that differ in everything.
  private func configuration(_ number: Int) -> Configuration {
    let text = "\(number)"
    return Configuration(
      instance: text,
      database: .given(
        Given(
          endpoint: .host(text, port: number), name: text, user: text, passwordFile: text,
          connections: number, tls: .authority(text), shared: number == 1)),
      http: .init(
        address: text, port: number, hosts: [text], tokenFile: text, open: number == 1,
        bootstrap: text, chartjs: text),
      control: .init(socket: text, group: text),
      listeners: .init(
        address: text, connectionsPerServer: number, connections: number, idleSeconds: number),
      accrual: .init(
        terms: AccrualTerms(points: Int64(number), intervalMilliseconds: Int64(number)),
        maximumCatchUpSeconds: number),
      log: .init(level: number == 1 ? .info : .debug), users: [])
  }

  /// The keys of one section, by the properties of its type: one that is added is missed here.
  private func keys(_ section: String, of value: Any, except applied: Set<String> = []) -> [String]
  {
    Mirror(reflecting: value).children.compactMap(\.label).filter { !applied.contains($0) }.map {
      switch "\(section).\($0)" {
      case "http.bootstrap", "http.chartjs": "http.libraries.\($0)"
      case "database.endpoint": "database.hosts"
      case let key: key
      }
    }
  }

  @Test func everyKeyThatAReloadDoesNotApplyIsNamed() {
    let (before, after) = (configuration(1), configuration(2))
    guard case .given(let given) = before.database else { return }
    let expected =
      ["instance"] + keys("database", of: given) + keys("http", of: before.http)
      + keys("control", of: before.control)
      // Users carry their address and terms, which a reload applies.
      + keys("listeners", of: before.listeners, except: ["address"])
      + keys("accrual", of: before.accrual, except: ["terms"])
    let lines = after.changes(from: before, .needsRestart)
    #expect(Set(lines.map { String($0.prefix { $0 != ":" }) }) == Set(expected))
    #expect(lines.contains("http.open: true → false"))
    #expect(lines.contains("control.group: 1 → 2"))
    #expect(lines.contains("database.tls: 1 → 2"))
    #expect(before.changes(from: before, .needsRestart) == [])
  }

  @Test func anotherKindOfDatabaseIsNamedByItsKeys() {
    var after = configuration(1)
    after.database = .managed(dataDirectory: "/d")
    let lines = after.changes(from: configuration(1), .needsRestart)
    #expect(lines.first == "database.managed.dataDirectory: none → /d")
    #expect(lines.count == 8)
    #expect(lines.contains("database.hosts: 1:1 → none"))
  }
}
