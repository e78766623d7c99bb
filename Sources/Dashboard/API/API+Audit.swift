import HTTPTypes
import Hummingbird
import Points

extension API {
  /// Who changed what, when and why.
  var auditRoutes: [Route] {
    [
      Route(
        .get, "/api/audit",
        .init(
          summary: "Who changed what, when and why, newest first; edits by hand are among it",
          answer: .data(Shapes.auditEntry.listReference, beside: ["next"]),
          query: [
            .init(
              name: "limit", text: "The newest so many, 50 when nothing is asked.",
              schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": 50]),
            .init(
              name: "profile", text: "What concerns a user, server or group of the file.",
              schema: ["type": "string", "minLength": 1]),
            .init(
              name: "before", text: "Go on behind the entry that `next` named.",
              schema: ["type": "string", "pattern": "^[0-9]{1,18}-.{1,64}$"]),
          ], failures: [400, 404, 503]), right: .guardedRead
      ) { request, _ in
        let selection = try await auditSelection(request)
        let entries = try await control.audit(selection)
        let next =
          entries.count < selection.limit ? nil : entries.last.map { Self.text($0.position) }
        return .success(
          Shapes.auditEntry.list(entries), beside: [("next", .text(next))])
      }
    ]
  }

  private func auditSelection(_ request: Request) async throws -> AuditSelection {
    let fields = try QueryFields.parse(request.uri.query, known: ["limit", "profile", "before"])
    var selection = AuditSelection(limit: try QueryFields.limit(fields))
    if let profile = fields["profile"], FoldedName(profile) != FoldedName("all") {
      let users = try await control.members(ofProfile: profile)
      guard users.count <= AuditSelection.longestListOfUsers else {
        throw APIError(
          .badRequest,
          "'profile' names \(users.count) users; name at most \(AuditSelection.longestListOfUsers), or all"
        )
      }
      selection.users = users
    }
    if let before = fields["before"] {
      guard let position = Self.position(before) else {
        throw APIError(.badRequest, "'before' must be what 'next' said")
      }
      selection.before = position
    }
    return selection
  }

  private static func text(_ position: AuditEntry.Position) -> String {
    "\(position.milliseconds)-\(position.id)"
  }

  private static func position(_ text: String) -> AuditEntry.Position? {
    // An id may begin with what a dash would be one character with.
    let parts = text.unicodeScalars.split(separator: "-", maxSplits: 1)
    guard parts.count == 2, parts[0].count <= 18, parts[1].count <= 64,
      let milliseconds = Int64(String(parts[0]))
    else { return nil }
    return AuditEntry.Position(milliseconds: milliseconds, id: String(parts[1]))
  }
}
