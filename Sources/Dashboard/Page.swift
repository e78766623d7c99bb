import HTTPTypes
import Hummingbird
import NIOCore
import Points

/// The dashboard's own files, carried in the binary, and the libraries it needs from this machine.
struct Page: Sendable {
  let files: [String: PageFile]
  let libraries: [Library]

  init(libraries: DashboardSettings.Libraries) {
    self.files = Dictionary(uniqueKeysWithValues: PageFile.all.map { ($0.name, $0) })
    self.libraries = Library.all(libraries)
  }

  /// The libraries that are not where they should be.
  func missingLibraries() -> [Library] {
    libraries.filter { $0.file() == nil }
  }

  /// `index.html` with the rows of the plain table, and a note where a library is missing.
  func index(rows: [PointsRow], servers: [ServerStatus], notes: [String]) -> [UInt8] {
    let wanted = Dictionary(
      servers.map { ($0.user, $0.status.rawValue) }, uniquingKeysWith: { first, _ in first })
    let table = rows.map { row in
      let cells = ["\(row.points)", row.stamp?.description ?? "", wanted[row.user] ?? ""]
      return "<tr><th scope=\"row\">\(HTML.escape(row.user))</th>"
        + cells.map { "<td>\(HTML.escape($0))</td>" }.joined() + "</tr>"
    }
    var html = PageFile.index
    if !notes.isEmpty, let body = html.firstRange(of: "<body"),
      let end = html[body.upperBound...].firstIndex(of: ">")
    {
      let note = notes.map { "<p role=\"alert\">\(HTML.escape($0))</p>" }.joined()
      html.insert(contentsOf: note, at: html.index(after: end))
    }
    if let marker = html.firstRange(of: "<!--users-->") {
      html.replaceSubrange(marker, with: table.joined(separator: "\n"))
    }
    return Array(html.utf8)
  }
}

/// Text that is put into HTML.
enum HTML {
  /// `text` as text, whatever it holds, also between quotes.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
