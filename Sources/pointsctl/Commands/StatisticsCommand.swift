import ArgumentParser
import JSONText

struct StatisticsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Print the total, average, maximum and minimum of the points.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let data = try await common.client().get("/api/stats").data()
    if common.json { return try Output.line(data.indented) }
    var table = Table(columns: [.init("POINTS"), .init("", .right)])
    for (title, key) in [
      ("total", "total_points"), ("average", "avg_points"), ("maximum", "max_points"),
      ("minimum", "min_points"),
    ] {
      guard let value = data[key], case .number(let text) = value.value else {
        throw APIFault.unexpectedResponse("statistics without \(key)")
      }
      table.add([title, text])
    }
    for line in table.lines().dropFirst() { try Output.line(line) }
  }
}
