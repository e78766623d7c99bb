import ConfigurationFile
import Points
import TestSupport
import Testing

@Suite struct GoodFileTests {
  private func parse(_ text: String, path: String = "/etc/pointsd/c.json") throws -> Configuration {
    try Configuration.parse(Array(text.utf8), path: path, credentialsDirectory: nil)
  }

  @Test func theExample() throws {
    let configuration = try parse(Sample.good)
    let terms = AccrualTerms(points: 10, intervalMilliseconds: 30_000)
    #expect(configuration.database == .managed(dataDirectory: "/etc/var/mariadb"))
    #expect(configuration.control.socket == "/etc/var/control.sock")
    #expect(configuration.users.map(\.user) == ["Afif", "Syahmi", "Irfan", "Hairiel", "Faiz"])
    #expect(
      configuration.users[3]
        == ServerDefinition(
          user: "Hairiel", server: "server_c1", groups: ["c"], address: "127.0.0.1", port: 6001,
          terms: terms))
  }

  @Test func defaults() throws {
    let configuration = try parse(Sample.users(#"{"name":"Zoë","port":1}"#))
    let expected = Configuration(
      database: .managed(dataDirectory: "/etc/pointsd/d"),
      http: .init(
        address: "127.0.0.1", port: 8080, hosts: [], tokenFile: nil, open: false,
        bootstrap: "/usr/share/javascript/bootstrap5", chartjs: "/usr/share/javascript/chart.js"),
      control: .init(socket: "/run/pointsd/control.sock", group: nil),
      listeners: .init(
        address: "127.0.0.1", connectionsPerServer: 10_000, connections: 100_000, idleSeconds: 0),
      accrual: .init(
        terms: AccrualTerms(points: 10, intervalMilliseconds: 30_000),
        maximumCatchUpSeconds: 86_400),
      log: .init(level: .info),
      users: [
        ServerDefinition(
          user: "Zoë", server: "zoë", groups: [], address: "127.0.0.1", port: 1,
          terms: AccrualTerms(points: 10, intervalMilliseconds: 30_000))
      ])
    #expect(configuration == expected)
  }

  @Test func everyKeyOfAGivenDatabaseAndTheRest() throws {
    let folder = try TestFolder()
    try folder.write("password", "secret\n".utf8)
    try folder.write("token", "0123456789abcdef\n".utf8)
    try folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n".utf8)
    let file = try folder.write(
      "c.json",
      #"""
      {"instance":"north","database":{"hosts":["db.example:3307"],"name":"n","user":"u","passwordFile":"password",
       "connections":64,"tls":"ca.pem","shared":true},
       "http":{"address":"::1","port":65535,"hosts":["Points.Example"],"tokenFile":"./token",
       "open":false,"libraries":{"bootstrap":"/b","chartjs":"c"}},
       "control":{"socket":"s","group":"root"},
       "listeners":{"address":"0.0.0.0","connectionsPerServer":5,"connections":50,"idleSeconds":9},
       "accrual":{"points":1000000,"intervalSeconds":0.1,"maximumCatchUpSeconds":60},
       "log":{"level":"debug"},
       "users":[{"name":"A","port":65535,"address":"127.0.0.2","points":1,"intervalSeconds":1.5e0,
       "groups":["Web"]},{"name":"B","port":1,"groups":["web","x"]}]}
      """#.utf8)
    let configuration = try Configuration.load(path: file, credentialsDirectory: nil)
    #expect(
      configuration.database
        == .given(
          .init(
            endpoint: .host("db.example", port: 3307), name: "n", user: "u",
            passwordFile: folder.path + "/password", connections: 64,
            tls: .authority(folder.path + "/ca.pem"), shared: true)))
    #expect(configuration.instance == "north")
    #expect(configuration.control == .init(socket: folder.path + "/s", group: "root"))
    #expect(
      configuration.http
        == .init(
          address: "::1", port: 65535, hosts: ["points.example"],
          tokenFile: folder.path + "/token", open: false, bootstrap: "/b",
          chartjs: folder.path + "/c"))
    #expect(
      configuration.listeners
        == .init(address: "0.0.0.0", connectionsPerServer: 5, connections: 50, idleSeconds: 9))
    #expect(
      configuration.accrual.terms == AccrualTerms(points: 1_000_000, intervalMilliseconds: 100))
    #expect(configuration.accrual.maximumCatchUpSeconds == 60)
    #expect(configuration.log.level == .debug)
    #expect(configuration.users[0].terms == AccrualTerms(points: 1, intervalMilliseconds: 1500))
    #expect(configuration.users[0].address == "127.0.0.2")
    #expect(configuration.users[1].terms == configuration.accrual.terms)
    #expect(configuration.users[1].address == "0.0.0.0")
    // One group, spelt as where it stands first.
    #expect(configuration.users.map(\.groups) == [["Web"], ["Web", "x"]])
  }

  @Test(arguments: [
    ("db", Configuration.GivenDatabase.Endpoint.host("db", port: 3306), true),
    ("127.0.0.1:3307", .host("127.0.0.1", port: 3307), false),
    ("Localhost", .host("Localhost", port: 3306), false),
    ("127.9.9.9.example", .host("127.9.9.9.example", port: 3306), true),
    ("[::1]:3307", .host("::1", port: 3307), false),
    ("[fe80::2]", .host("fe80::2", port: 3306), true),
    ("/run/mysqld/mysqld.sock", .socket("/run/mysqld/mysqld.sock"), false),
    ("./mysqld.sock", .socket("/etc/pointsd/mysqld.sock"), false),
  ])
  func endpoints(
    _ text: String, _ endpoint: Configuration.GivenDatabase.Endpoint, isVerified: Bool
  ) throws {
    let folder = try TestFolder()
    let password = try folder.write("password", "secret".utf8)
    let configuration = try parse(
      Sample.database(#"{"hosts":["\#(text)"],"passwordFile":"\#(password)"}"#))
    #expect(
      configuration.database
        == .given(
          .init(
            endpoint: endpoint, name: "network_project", user: "pointsd", passwordFile: password,
            connections: 4, tls: isVerified ? .system : .off)))
  }

  @Test func aSocketNeedsNoPassword() throws {
    guard case .given(let given) = try parse(Sample.database(#"{"hosts":["/s"]}"#)).database
    else {
      Issue.record("not a given database")
      return
    }
    #expect(given.passwordFile == nil)
  }

  @Test func onePortAtTwoAddresses() throws {
    let users = #"{"name":"A","port":1},{"name":"B","port":1,"address":"127.0.0.2"}"#
    #expect(try parse(Sample.users(users)).users.map(\.port) == [1, 1])
  }

  /// A class in one entry: null keeps a place, and the rest of the entry is everybody's.
  @Test func severalNamesInOneEntry() throws {
    let users = try parse(
      Sample.users(
        #"""
        {"names":["Ahmad",null,"Aisyah"],"firstPort":5101,"groups":["class"],"points":2,
         "intervalSeconds":5,"address":"127.0.0.3"},{"name":"Faiz","port":5102}
        """#)
    ).users
    let terms = AccrualTerms(points: 2, intervalMilliseconds: 5000)
    func member(_ name: String, _ server: String, _ port: Int) -> ServerDefinition {
      ServerDefinition(
        user: name, server: server, groups: ["class"], address: "127.0.0.3", port: port,
        terms: terms)
    }
    #expect(
      users.prefix(2) == [member("Ahmad", "ahmad", 5101), member("Aisyah", "aisyah", 5103)])
    #expect(users.map(\.port) == [5101, 5103, 5102])
  }

  /// A byte order mark and the line ends of another system change nothing.
  @Test func byteOrderMarkAndLineEnds() throws {
    let other = "\u{FEFF}" + Sample.good.replacing("\n", with: "\r\n")
    #expect(try parse(other) == parse(Sample.good))
  }

  @Test(arguments: [
    "Robert'); DROP TABLE user_tracking;--", "<script>alert(1)</script>", "a/b", "a\\b", "💩", "🍣",
    "👩‍👩‍👧‍👧", "ﷺ", "Ω", "%2e%2e", "...", "a - b", "ı", "\u{202E}evil",
  ])
  func hostileNamesAreNames(_ name: String) throws {
    let escaped = name.replacing("\\", with: "\\\\")
    #expect(
      try parse(Sample.users(#"{"name":"\#(escaped)","port":1}"#)).users.map(\.user) == [name])
  }

  @Test func aNameOfAHundredBytes() throws {
    let name = String(repeating: "é", count: 50)
    #expect(try parse(Sample.users(#"{"name":"\#(name)","port":1}"#)).users[0].user == name)
  }

  /// Names that are only canonically equivalent become the same bytes.
  @Test func namesAreNormalised() throws {
    let users = #"{"name":"Zoe\u0308","port":1,"groups":["A\u030a"]}"#
    let user = try parse(Sample.users(users)).users[0]
    #expect(Array(user.user.utf8) == Array("Zo\u{EB}".utf8))
    #expect(Array(user.server.utf8) == Array("zo\u{EB}".utf8))
    #expect(Array(user.groups[0].utf8) == Array("\u{C5}".utf8))
  }

  @Test func escapesAreDecoded() throws {
    let user = try parse(Sample.users(#"{"name":"\u0041\ud83d\ude00\/\"\\","port":1}"#)).users[0]
    #expect(user.user == "A😀/\"\\")
  }
}
