import Foundation

/// The files of this repository.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  struct File {
    /// From the root.
    let path: String
    let text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  }

  /// The files below a folder whose names end so, in the order of their paths.
  static func files(below folder: String, ending suffixes: String...) throws -> [File] {
    let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
    var files: [File] = []
    while let path = paths?.nextObject() as? String {
      guard suffixes.contains(where: path.hasSuffix) else { continue }
      files.append(try file("\(folder)/\(path)"))
    }
    return files.sorted { $0.path < $1.path }
  }

  static func file(_ path: String) throws -> File {
    File(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }
}
