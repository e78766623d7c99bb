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

  /// The path of a file with a password that can be read now; nil when absent or at fault.
  func passwordFile(_ key: String, in section: ObjectReader) -> String? {
    secretFile(key, in: section) { path throws(SecretFile.Fault) in try SecretFile.read(path) }
  }

  /// The path of a file with a token that can be used now; nil when absent or at fault.
  func tokenFile(_ key: String, in section: ObjectReader) -> String? {
    let credentials = paths.credentialsDirectory
    return secretFile(key, in: section) { path throws(SecretFile.Fault) in
      try SecretFile.readToken(path, credentialsDirectory: credentials)
    }
  }

  private func secretFile(
    _ key: String, in section: ObjectReader,
    _ read: (String) throws(SecretFile.Fault) -> String
  ) -> String? {
    guard let text = section.string(key) else { return nil }
    let path = paths.secret(text)
    do {
      _ = try read(path)
      return path
    } catch {
      section.reject(key, error.description)
      return nil
    }
  }

  /// The path of a file with certificates that can be read now; nil when absent or at fault.
  func certificateFile(_ key: String, in section: ObjectReader) -> String? {
    guard let path = path(key, in: section) else { return nil }
    do {
      let text = String(decoding: try readFile(path, limit: 4 << 20), as: UTF8.self)
      if text.contains("-----BEGIN CERTIFICATE-----") { return path }
      section.reject(
        key, "\(excerpt(path, limit: 4096)): holds no certificate in PEM form (BEGIN CERTIFICATE)")
    } catch {
      section.reject(key, "\(excerpt(path, limit: 4096)): \(error.message)")
    }
    return nil
  }
}
