import JSONText
import Glibc

extension Configuration {
  /// Larger files are refused: 16 MiB, room for more users than a machine has ports.
  public static let sizeLimit = 16 << 20

  /// Reads and checks a configuration file.
  ///
  /// - Parameters:
  ///   - path: as the operator gave it, which is how faults name it.
  ///   - credentialsDirectory: where systemd puts credentials; secrets given as a bare name are
  ///     looked for there first.
  /// - Throws: every fault at once.
  public static func load(
    path: String, credentialsDirectory: String? = credentialsDirectoryOfProcess
  ) throws(ConfigurationFaults) -> Configuration {
    let bytes: [UInt8]
    do {
      bytes = try readFile(path, limit: sizeLimit)
    } catch {
      throw ConfigurationFaults(
        file: path,
        faults: [
          ConfigurationFault(line: nil, column: nil, keyPath: "", message: error.message)
        ])
    }
    return try parse(bytes, path: path, credentialsDirectory: credentialsDirectory)
  }

  /// Checks the text of a configuration file that stands, or would stand, at `path`.
  public static func parse(
    _ bytes: [UInt8], path: String, credentialsDirectory: String? = credentialsDirectoryOfProcess
  ) throws(ConfigurationFaults) -> Configuration {
    let source = SourceText(bytes: bytes)
    let faults = FaultCollector()
    var configuration: Configuration?
    do {
      let root = try JSONParser.parse(bytes)
      reportDuplicateKeys(in: root, to: faults)
      configuration = ConfigurationDecoder(
        faults: faults,
        paths: PathResolver(file: path, credentialsDirectory: credentialsDirectory)
      ).decode(root)
    } catch {
      faults.add(at: error.offset, "", error.message)
    }
    guard let configuration, faults.isEmpty else {
      let first = faults.faults(in: source)
      throw ConfigurationFaults(
        file: path, faults: first, omittedCount: faults.count - first.count)
    }
    return configuration
  }

  /// `$CREDENTIALS_DIRECTORY`, which systemd sets for a service with `LoadCredential=`.
  public static var credentialsDirectoryOfProcess: String? {
    getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
  }
}
