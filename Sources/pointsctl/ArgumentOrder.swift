/// Options that every command has may stand before its name as well: `pointsctl --json ps` is
/// `pointsctl ps --json`.
enum ArgumentOrder {
  private static let flags: Set<String> = ["--json"]
  private static let options: Set<String> = ["--socket", "--url", "--token-file"]

  /// The same arguments with what stands before the command moved behind it.
  static func commandFirst(_ arguments: [String]) -> [String] {
    var moved: [String] = []
    var index = arguments.startIndex
    while index < arguments.endIndex {
      let argument = arguments[index]
      let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
      if flags.contains(argument) || (options.contains(name) && argument.contains("=")) {
        moved.append(argument)
      } else if options.contains(argument), index + 1 < arguments.endIndex {
        moved += [argument, arguments[index + 1]]
        index += 1
      } else {
        break
      }
      index += 1
    }
    guard index < arguments.endIndex else { return arguments }
    let command = arguments[index]
    let rest = Array(arguments[(index + 1)...])
    return [command] + moved + (command == "adjust" ? negativeNumbersKept(rest) : rest)
  }

  /// `adjust afif -5`: a number is a value, though it begins as an option does. With a blank before
  /// it the parser takes it for one.
  private static func negativeNumbersKept(_ arguments: [String]) -> [String] {
    arguments.map { argument in
      argument.first == "-" && argument.count > 1
        && argument.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
        ? " " + argument : argument
    }
  }
}
