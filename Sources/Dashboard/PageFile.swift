/// One of the page's own files.
struct PageFile: Sendable {
  let name: String
  let bytes: [UInt8]
  let entityTag: String

  init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    self.entityTag = EntityTag.of(bytes)
  }

  var mediaType: String {
    switch name.split(separator: ".").last {
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    case "ico": "image/x-icon"
    default: "text/html; charset=utf-8"
    }
  }

  /// The page itself, which is filled in for each reader.
  static let index = String(decoding: PackageResources.index_html, as: UTF8.self)

  /// The page about access, which is filled in too.
  static let login = String(decoding: PackageResources.login_html, as: UTF8.self)

  /// What it loads, as `/assets/…`.
  static let all = [
    PageFile("access.js", PackageResources.access_js),
    PageFile("actions.js", PackageResources.actions_js),
    PageFile("charts.js", PackageResources.charts_js),
    PageFile("colours.js", PackageResources.colours_js),
    PageFile("dashboard.css", PackageResources.dashboard_css),
    PageFile("dashboard.js", PackageResources.dashboard_js),
    PageFile("doughnut.js", PackageResources.doughnut_js),
    PageFile("elements.js", PackageResources.elements_js),
    PageFile("groups.js", PackageResources.groups_js),
    PageFile("health.js", PackageResources.health_js),
    PageFile("history.js", PackageResources.history_js),
    PageFile("keys.js", PackageResources.keys_js),
    PageFile("linechart.js", PackageResources.linechart_js),
    PageFile("lines.js", PackageResources.lines_js),
    PageFile("live.js", PackageResources.live_js),
    PageFile("model.js", PackageResources.model_js),
    PageFile("notices.js", PackageResources.notices_js),
    PageFile("servers.js", PackageResources.servers_js),
    PageFile("sight.js", PackageResources.sight_js),
    PageFile("summary.js", PackageResources.summary_js),
    PageFile("times.js", PackageResources.times_js),
    PageFile("users.js", PackageResources.users_js),
    PageFile("verbs.js", PackageResources.verbs_js),
  ]
}

/// Strong validators (RFC 9110, section 8.8.3).
enum EntityTag {
  /// A tag of the content: FNV-1a of 64 bits and the length.
  ///
  /// Source: draft-eastlake-fnv, *The FNV Non-Cryptographic Hash Algorithm*.
  static func of(_ bytes: [UInt8]) -> String {
    let hash = bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return "\"\(String(hash, radix: 16))-\(bytes.count)\""
  }

  /// Whether `If-None-Match` names the tag.
  static func matches(_ header: String?, _ tag: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { candidate in
      let text = String(candidate).trimmingBlanks
      return text == "*" || text == tag || text == "W/" + tag
    }
  }
}
