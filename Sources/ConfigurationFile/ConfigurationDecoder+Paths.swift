import JSONText

/// Paths, made absolute and checked.
extension ConfigurationDecoder {
  /// An absolute path; nil when absent or at fault.
  func path(_ key: String, in section: ObjectReader) -> String? {
    guard let text = section.string(key) else { return nil }
    guard let control = text.unicodeScalars.first(where: \.isControl) else {
      return paths.absolute(text)
    }
    section.reject(
      key, "must not contain the control character U+\(hexadecimal(control.value))")
    return nil
  }

  /// The path of a Unix socket; nil when absent or at fault.
  func socketPath(_ key: String, in section: ObjectReader) -> String? {
    guard let path = path(key, in: section) else { return nil }
    if let objection = Self.objection(toSocket: path) {
      section.reject(key, objection)
      return nil
    }
    return path
  }

  /// Why the kernel would not take `path` as a socket's.
  static func objection(toSocket path: String) -> String? {
    let limit = PathResolver.socketPathLimit
    guard path.utf8.count > limit else { return nil }
    return "must be at most \(limit) bytes long as an absolute path, not \(path.utf8.count): "
      + excerpt(path, limit: 200)
  }

  /// The path of a file with a secret that can be read now; nil when absent or at fault.
  func secretFile(_ key: String, in section: ObjectReader) -> String? {
    guard let text = section.string(key) else { return nil }
    let path = paths.secret(text)
    do {
      _ = try SecretFile.read(path)
      return path
    } catch {
      section.reject(key, error.description)
      return nil
    }
  }
}
