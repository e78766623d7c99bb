import HTTPTypes

/// The fields of a query such as `limit=50&key=abc`.
enum QueryFields {
  /// - Parameters:
  ///   - query: what stands behind `?`.
  ///   - known: the fields that it may have, each once.
  static func parse(_ query: String?, known: [String]) throws -> [String: String] {
    var fields: [String: String] = [:]
    for pair in (query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decode(parts[0], plusIsBlank: true),
        let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsBlank: true)
      else { throw APIError(.badRequest, "The query is not valid percent-encoding") }
      guard known.contains(name) else {
        let names = known.map { "'\($0)'" }
        let possible = names.dropLast().joined(separator: ", ")
        throw APIError(
          .badRequest,
          "Unknown query field; possible: \(possible.isEmpty ? "" : possible + " and ")\(names.last ?? "none")"
        )
      }
      guard fields.updateValue(value, forKey: name) == nil else {
        throw APIError(.badRequest, "'\(name)' is given twice")
      }
    }
    return fields
  }

  /// `limit`, 1 to 1,000; 50 when it is not given.
  static func limit(_ fields: [String: String]) throws -> Int {
    guard let limit = fields["limit"] else { return 50 }
    guard let number = Int(limit), (1...1000).contains(number) else {
      throw APIError(.badRequest, "'limit' must be a whole number from 1 to 1000")
    }
    return number
  }
}
