import Foundation
import Glibc
import TestSupport
import Testing

/// `--check` says what a start by this account would say, and makes nothing.
struct CheckTests {
  private func check(_ folder: TestFolder, socket: String, data: String) throws -> Finished {
    let file = try folder.write(
      "pointsd.json",
      #"""
      {"database":{"managed":{"dataDirectory":"\#(data)"}},"control":{"socket":"\#(socket)"},
       "users":[{"names":["Ahmad",null,"Aisyah"],"firstPort":5101}]}
      """#.utf8)
    return try run(Daemon.binary("pointsd").path, ["--config", file, "--check"])
  }

  @Test func whatCanBeMadeIsFine() throws {
    let folder = try TestFolder()
    let outcome = try check(folder, socket: "a/b/control.sock", data: "c/d")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("ahmad Ahmad on 127.0.0.1:5101"))
    #expect(outcome.output.contains("aisyah Aisyah on 127.0.0.1:5103"))
    #expect(outcome.output.hasSuffix("2 users, no fault found\n"))
    #expect(access(folder.path + "/a", F_OK) != 0)
    #expect(access(folder.path + "/c", F_OK) != 0)
  }

  @Test func whatCannotBeMadeIsNamedWithBoth() throws {
    let folder = try TestFolder()
    try folder.write("file", [])
    let outcome = try check(folder, socket: "file", data: "file/below")
    #expect(outcome.status == 78)
    let start = "A START BY THIS ACCOUNT WOULD END: "
    #expect(
      outcome.output.contains(
        "\(start)control socket \(folder.path)/file: there is something else of that name"))
    #expect(outcome.output.contains("\(start)private database in \(folder.path)/file/below: "))
    #expect(outcome.output.hasSuffix("2 users, no fault found in the file\n"))
  }

  /// An account that may not write where the socket is to be.
  @Test(.enabled(if: geteuid() == 0)) func anotherAccountsFolder() throws {
    let folder = try TestFolder()
    chmod(folder.path, 0o755)
    let file = try folder.write(
      "pointsd.json",
      #"""
      {"database":{"hosts":["/s"]},"control":{"socket":"below/control.sock"},
       "users":[{"name":"Afif","port":5101}]}
      """#.utf8)
    chmod(file, 0o644)
    let outcome = try run(
      "/usr/bin/setpriv",
      [
        "--reuid", "65534", "--regid", "65534", "--clear-groups", Daemon.binary("pointsd").path,
        "--config", file, "--check",
      ])
    #expect(outcome.status == 78, "\(outcome)")
    #expect(
      outcome.output.contains("cannot make the directory \(folder.path)/below: Permission denied"),
      "\(outcome)")
  }
}
