import Testing

@testable import pointsctl

@Suite struct ProfilesTests {
  /// The targets as the paths that a pause of them would ask.
  private func paths(_ profiles: [String], _ action: Action = .pause) throws -> [String] {
    try Profiles(servers: Entries.parsed()).targets(of: profiles).map(action.path)
  }

  @Test func usersServersGroupsAndAll() throws {
    #expect(try paths(["AFIF"]) == ["/api/users/Afif/pause"])
    #expect(try paths(["server_C1"]) == ["/api/users/Hairiel/pause"])
    #expect(try paths(["Python"]) == ["/api/groups/Python/pause"])
    #expect(try paths(["all"]) == ["/api/groups/all/pause"])
    #expect(try paths(["afif"], .start) == ["/api/servers/server1/start"])
    #expect(try paths(["afif"], .restart) == ["/api/servers/server1/restart"])
    #expect(try paths(["afif"], .reset) == ["/api/users/Afif/reset"])
    #expect(try paths(["c"], .stop) == ["/api/groups/c/stop"])
  }

  @Test func noServerTwice() throws {
    #expect(try paths(["afif", "server1", "AFIF"]) == ["/api/users/Afif/pause"])
    #expect(try paths(["python", "afif"]) == ["/api/groups/python/pause"])
    #expect(
      try paths(["afif", "python"])
        == ["/api/users/Afif/pause", "/api/users/Syahmi/pause", "/api/users/Irfan/pause"])
    #expect(try paths(["all", "c", "faiz"]) == ["/api/groups/all/pause"])
  }

  @Test func unknownNamesAreAllNamed() throws {
    let fault = #expect(throws: CommandFault.self) { try paths(["afif", "sever1", "wallpaper"]) }
    #expect(fault?.status == .refused)
    #expect(
      fault?.description == """
        no user, server or group is called "sever1"; did you mean server1 or server2 or server3?
        no user, server or group is called "wallpaper"; pointsctl ps lists them
        """)
  }
}
