import Glibc

/// Turns paths of the configuration into absolute ones: relative paths are relative to the file.
struct PathResolver {
  /// The longest path that fits `sun_path` with its terminating zero.
  static let socketPathLimit = 107

  private let directory: String
  let credentialsDirectory: String?

  /// - Parameter file: the configuration file; relative to the working directory when relative.
  init(file: String, credentialsDirectory: String?) {
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
    // The real folder, so that a leading `..` means what it means to the kernel.
    self.directory = Self.realPath(folder) ?? Self.normalised(folder)
    self.credentialsDirectory = credentialsDirectory
  }

  func absolute(_ path: String) -> String {
    Self.normalised(path.hasPrefix("/") ? path : directory + "/" + path)
  }

  /// A file that holds a secret: a bare name means a systemd credential of that name, if there is
  /// one, and else a file beside the configuration.
  func secret(_ path: String) -> String {
    if let credentialsDirectory, !path.contains("/") {
      let credential = Self.normalised(credentialsDirectory + "/" + path)
      if access(credential, F_OK) == 0 { return credential }
    }
    return absolute(path)
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Without empty, `.` and `..` components.
  static func normalised(_ path: String) -> String {
    var components: [Substring] = []
    for component in path.split(separator: "/") where component != "." {
      if component == ".." {
        _ = components.popLast()
      } else {
        components.append(component)
      }
    }
    return "/" + components.joined(separator: "/")
  }
}
