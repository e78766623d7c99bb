import JSONText

extension Configuration {
  /// What is allowed and yet dangerous, one line each, for `--check` and the log at start.
  /// - Parameter credentialsDirectory: where systemd puts credentials.
  public func warnings(
    credentialsDirectory: String? = credentialsDirectoryOfProcess
  ) -> [String] {
    httpWarnings + databaseWarnings(credentialsDirectory)
  }

  private var httpWarnings: [String] {
    let isLoopback = NetworkAddress(http.address)?.isLoopback == true
    var warnings: [String] = []
    if http.open {
      warnings.append(
        "http.open: EVERYBODY who reaches \(http.address):\(http.port) may change points and stop "
          + "servers, without a login; a proxy, a tunnel or a container lets others reach it too")
    }
    if http.tokenFile != nil, !isLoopback {
      warnings.append(
        "http.tokenFile: the token crosses the network UNENCRYPTED to \(http.address), and everybody who "
          + "sees it may change everything; set http.address to 127.0.0.1 behind a proxy with TLS")
    }
    return warnings
  }

  private func databaseWarnings(_ credentialsDirectory: String?) -> [String] {
    guard case .given(let given) = database else { return [] }
    var warnings: [String] = []
    if given.tls == .off, case .host(let host, _) = given.endpoint,
      !given.endpoint.staysOnThisMachine
    {
      warnings.append(
        "database.tls: what goes to \(host) is UNENCRYPTED, and the server could be any; "
          + "give true, or the file of the authority that signed its certificate")
    }
    if let path = given.passwordFile,
      let readers = SecretFile.otherReaders(path, credentialsDirectory: credentialsDirectory)
    {
      let name = excerpt(path, limit: 4096)
      warnings.append("database.passwordFile: \(readers) can read it; run: chmod 600 \(name)")
    }
    return warnings
  }
}
