import JSONText

/// The section `database`: a managed server or a given one.
extension ConfigurationDecoder {
  /// nil when the section is missing or at fault as a whole.
  func decodeDatabase(_ file: ObjectReader) -> Configuration.Database? {
    guard file.node("database") != nil else {
      file.missing(
        "database",
        "give {\"managed\": {\"dataDirectory\": \"…\"}}, or {\"hosts\": [\"…\"]} of a server")
      return nil
    }
    guard let section = file.object("database") else { return nil }
    defer { section.finish() }
    let managed = section.node("managed")
    let given = decodeGiven(section)
    switch (managed, section.node("hosts")) {
    case (.some, .some):
      section.reject("hosts", "either managed or hosts can be given, not both")
      return nil
    case (nil, nil):
      section.missing("managed", "give managed, or hosts of a server that is there")
      return nil
    case (nil, .some):
      return given.map { .given($0) }
    case (.some, nil):
      for key in ["name", "user", "passwordFile", "connections", "tls", "shared"]
      where section.node(key) != nil {
        section.reject(key, "belongs to a database given by hosts, not to a managed one")
      }
      return decodeManaged(section)
    }
  }

  private func decodeManaged(_ section: ObjectReader) -> Configuration.Database? {
    guard let managed = section.object("managed") else { return nil }
    defer { managed.finish() }
    guard managed.node("dataDirectory") != nil else {
      managed.missing("dataDirectory", "give the folder that is to hold the database")
      return nil
    }
    guard let path = path("dataDirectory", in: managed) else { return nil }
    guard !path.contains(where: { ":'\\".contains($0) }) else {
      managed.reject(
        "dataDirectory",
        "must not contain a colon, an apostrophe or a backslash, which MariaDB's programs cannot "
          + "handle, as an absolute path: \(excerpt(path, limit: 200))")
      return nil
    }
    return .managed(dataDirectory: path)
  }

  private func decodeGiven(_ section: ObjectReader) -> Configuration.GivenDatabase? {
    let name = identifier("name", in: section, limit: 64) ?? "network_project"
    let user = identifier("user", in: section, limit: 80) ?? "pointsd"
    let passwordFile = passwordFile("passwordFile", in: section)
    let connections = section.integer("connections", in: 1...64) ?? 4
    let tls = decodeTLS(section)
    let shared = section.boolean("shared") ?? false
    guard let endpoint = decodeEndpoint(section) else { return nil }
    if case .host = endpoint, section.node("passwordFile") == nil {
      section.missing(
        "passwordFile",
        "a server reached over TCP asks for a password; over a socket none is needed")
    }
    if case .socket = endpoint, let tls, tls != .off {
      section.reject(
        "tls", "is for a server reached over TCP; a socket does not leave this machine: remove it")
    }
    return Configuration.GivenDatabase(
      endpoint: endpoint, name: name, user: user, passwordFile: passwordFile,
      connections: Int(connections), tls: tls ?? (endpoint.staysOnThisMachine ? .off : .system),
      shared: shared)
  }

  /// nil when absent or at fault.
  private func decodeTLS(_ section: ObjectReader) -> Configuration.GivenDatabase.TLS? {
    switch section.node("tls")?.value {
    case nil: return nil
    case .boolean(let isOn): return isOn ? .system : .off
    case .string: return certificateFile("tls", in: section).map { .authority($0) }
    case .some(let value):
      section.reject(
        "tls",
        "must be true, false or the path of a file with the authority's certificate, "
          + "not \(value.described)")
      return nil
    }
  }

  private func identifier(_ key: String, in section: ObjectReader, limit: Int) -> String? {
    guard let text = section.string(key) else { return nil }
    if text.unicodeScalars.count <= limit, !text.unicodeScalars.contains(where: \.isControl),
      text.last != " "
    {
      return text
    }
    section.reject(
      key,
      "must be at most \(limit) characters, no control characters, no blank at the end, "
        + "not \(quoted(text))")
    return nil
  }

  private func decodeEndpoint(
    _ section: ObjectReader
  ) -> Configuration.GivenDatabase.Endpoint? {
    guard let hosts = section.strings("hosts") else { return nil }
    guard let host = hosts.first, hosts.count == 1 else {
      section.reject("hosts", "must hold exactly one host:port or socket path, not \(hosts.count)")
      return nil
    }
    guard !host.text.contains("/") else {
      let path = paths.absolute(host.text)
      guard let objection = Self.objection(toSocket: path) else { return .socket(path) }
      faults.add(at: host.offset, host.path, objection)
      return nil
    }
    if let endpoint = Self.hostAndPort(host.text) { return endpoint }
    faults.add(
      at: host.offset, host.path,
      "must be host:port, [IPv6]:port or the path of a socket, not \(quoted(host.text))")
    return nil
  }

  /// `host`, `host:port`, `[address]` or `[address]:port`; the port is 3306 when left out.
  private static func hostAndPort(
    _ text: String
  ) -> Configuration.GivenDatabase.Endpoint? {
    let host: Substring
    let rest: Substring
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard NetworkAddress(String(host)) != nil else { return nil }
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
      guard isHostName(host.lowercased()) else { return nil }
    }
    guard !rest.isEmpty else { return .host(String(host), port: 3306) }
    let digits = rest.dropFirst()
    guard rest.first == ":", digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let port = Int64(digits), portRange ~= port
    else { return nil }
    return .host(String(host), port: Int(port))
  }
}

extension Configuration.GivenDatabase.Endpoint {
  /// Whether what is sent there can be read on this machine only: a socket, or a loopback address.
  public var staysOnThisMachine: Bool {
    switch self {
    case .socket: true
    case .host(let host, _):
      host.lowercased() == "localhost" || NetworkAddress(host)?.isLoopback == true
    }
  }
}
