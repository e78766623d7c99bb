import ConfigurationFile
import Testing

@Suite struct ProfileResolverTests {
  private func resolver() throws -> ProfileResolver {
    let configuration = try Configuration.parse(
      Array(Sample.good.utf8), path: "/c.json", credentialsDirectory: nil)
    return ProfileResolver(users: configuration.users)
  }

  @Test(arguments: [
    (["afif"], ["Afif"]),
    (["AFIF", "server1"], ["Afif"]),
    (["SERVER_C2"], ["Faiz"]),
    (["c", "syahmi"], ["Syahmi", "Hairiel", "Faiz"]),
    (["Python"], ["Afif", "Syahmi", "Irfan"]),
    (["ALL"], ["Afif", "Syahmi", "Irfan", "Hairiel", "Faiz"]),
    ([], []),
  ])
  func users(_ profiles: [String], _ expected: [String]) throws {
    #expect(try resolver().users(of: profiles) == expected)
  }

  @Test func unknownProfilesAreAllNamedWithWhatIsNear() throws {
    let fault = #expect(throws: UnknownProfiles.self) {
      try resolver().users(of: ["fiaz", "afif", "server9", "wallpaper", ""])
    }
    #expect(
      fault?.description == """
        no user, server or group is called "fiaz"; did you mean Faiz?
        no user, server or group is called "server9"; did you mean server1 or server2 or server3?
        no user, server or group is called "wallpaper"
        no user, server or group is called ""
        """)
  }
}
