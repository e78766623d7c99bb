import JSONText
import Points

/// Builds a `Configuration` from the tree of its file and reports whatever does not fit.
///
/// A value at fault is replaced by its default, so that the check goes on to the end; the result
/// is of use only if no fault was reported.
struct ConfigurationDecoder {
  let faults: FaultCollector
  let paths: PathResolver

  func decode(_ root: JSONNode) -> Configuration? {
    guard let file = ObjectReader(root, path: "", faults: faults) else { return nil }
    _ = file.string("$schema")
    let instance = decodeInstance(file)
    let database = decodeDatabase(file)
    var ports = PortBook<NetworkAddress>()
    let http = decodeHTTP(file.object("http"), ports: &ports)
    let control = decodeControl(file.object("control"))
    let listeners = decodeListeners(file.object("listeners"))
    let accrual = decodeAccrual(file.object("accrual"))
    let log = decodeLog(file.object("log"))
    var decoder = UsersDecoder(
      faults: faults, address: listeners.address, accrual: accrual, ports: ports)
    let users = decoder.decode(file)
    file.finish()
    return database.map {
      Configuration(
        instance: instance, database: $0, http: http, control: control, listeners: listeners,
        accrual: accrual,
        log: log, users: users)
    }
  }

  /// nil when absent or at fault.
  private func decodeInstance(_ file: ObjectReader) -> String? {
    guard let text = file.string("instance") else { return nil }
    let isPlain =
      !text.unicodeScalars.contains { $0.isControl } && text.first != " " && text.last != " "
    if isPlain, ![".", ".."].contains(text), !text.hasPrefix("-"), text.utf8.count <= 200 {
      return text
    }
    file.reject(
      "instance",
      "must be at most 200 bytes without control characters, with no blank at either end and no '-' "
        + "at the beginning, and not '.' or '..', not \(quoted(text))")
    return nil
  }

  private func decodeHTTP(
    _ section: ObjectReader?, ports: inout PortBook<NetworkAddress>
  ) -> Configuration.HTTP {
    let address = section?.address("address") ?? "127.0.0.1"
    let port = section?.integer("port", in: portRange).map(Int.init)
    if let networkAddress = NetworkAddress(address) {
      _ = ports.take(
        port ?? 8080, at: networkAddress, for: port == nil ? "http.port (default)" : "http.port")
    }
    let hosts = (section?.strings("hosts") ?? []).compactMap { host in
      let name = host.text.lowercased()
      if isHostName(name) || NetworkAddress(name) != nil { return name }
      faults.add(
        at: host.offset, host.path,
        "must be a host name without scheme or port, not \(quoted(host.text))")
      return nil
    }
    let tokenFile = section.flatMap { self.tokenFile("tokenFile", in: $0) }
    let open = section.map { decodeOpen($0, address: address) } ?? false
    let libraries = section?.object("libraries")
    let bootstrap = libraries.flatMap { path("bootstrap", in: $0) }
    let chartjs = libraries.flatMap { path("chartjs", in: $0) }
    libraries?.finish()
    section?.finish()
    return Configuration.HTTP(
      address: address, port: port ?? 8080, hosts: hosts, tokenFile: tokenFile, open: open,
      bootstrap: bootstrap ?? "/usr/share/javascript/bootstrap5",
      chartjs: chartjs ?? "/usr/share/javascript/chart.js")
  }

  private func decodeOpen(_ section: ObjectReader, address: String) -> Bool {
    guard section.boolean("open") == true else { return false }
    guard NetworkAddress(address)?.isLoopback == false else { return true }
    section.reject(
      "open",
      "must not be true while http.address is \(address): everybody who reaches it from elsewhere could "
        + "change everything; use 127.0.0.1 or ::1, or http.tokenFile in place of open")
    return false
  }

  private func decodeControl(_ section: ObjectReader?) -> Configuration.Control {
    let socket = section.flatMap { socketPath("socket", in: $0) }
    let group = section?.string("group")
    if let section, let group, !SystemGroup.exists(group) {
      section.reject(
        "group",
        "there is no group \(quoted(group)) on this machine; make it (groupadd --system NAME), "
          + "or leave the key out: then owner and root only may use the socket")
    }
    section?.finish()
    return Configuration.Control(socket: socket ?? "/run/pointsd/control.sock", group: group)
  }

  private func decodeListeners(_ section: ObjectReader?) -> Configuration.Listeners {
    let address = section?.address("address")
    let perServer = section?.integer("connectionsPerServer", in: 1...1_000_000)
    let connections = section?.integer("connections", in: 1...10_000_000)
    let idle = section?.integer("idleSeconds", in: 0...31_536_000)
    section?.finish()
    return Configuration.Listeners(
      address: address ?? "127.0.0.1", connectionsPerServer: Int(perServer ?? 10_000),
      connections: Int(connections ?? 100_000), idleSeconds: Int(idle ?? 0))
  }

  private func decodeAccrual(_ section: ObjectReader?) -> Configuration.Accrual {
    let points = section?.integer("points", in: pointsRange)
    let interval = section?.milliseconds("intervalSeconds", in: intervalRange)
    let catchUp = section?.integer("maximumCatchUpSeconds", in: 1...31_536_000) ?? 86_400
    let terms = AccrualTerms(points: points ?? 10, intervalMilliseconds: interval ?? 30_000)
    if let section, catchUp * 1000 < terms.intervalMilliseconds {
      section.reject(
        "maximumCatchUpSeconds",
        "must not be shorter than intervalSeconds (\(seconds(terms.intervalMilliseconds))), "
          + "or nothing would ever be credited")
    }
    section?.finish()
    return Configuration.Accrual(terms: terms, maximumCatchUpSeconds: Int(catchUp))
  }

  private func decodeLog(_ section: ObjectReader?) -> Configuration.Log {
    let names = Configuration.Log.Level.allCases.map(\.rawValue)
    let text = section?.string("level")
    let level = text.flatMap(Configuration.Log.Level.init(rawValue:))
    if let section, let text, level == nil {
      section.reject(
        "level", "must be one of \(names.joined(separator: ", ")), not \(quoted(text))")
    }
    section?.finish()
    return Configuration.Log(level: level ?? .info)
  }
}

let portRange: ClosedRange<Int64> = 1...65535
let pointsRange: ClosedRange<Int64> = 1...1_000_000
/// In milliseconds.
let intervalRange: ClosedRange<Int64> = 100...86_400_000

/// Whether `name` could be the name of a host: letters, digits, `-`, `_` and dots between them.
func isHostName(_ name: String) -> Bool {
  let labels = name.split(separator: ".", omittingEmptySubsequences: false)
  return name.utf8.count <= 253
    && labels.allSatisfy { label in
      !label.isEmpty && label.utf8.count <= 63
        && label.allSatisfy {
          $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
        }
    }
}

extension ObjectReader {
  /// An IPv4 or IPv6 address; nil when absent or at fault.
  func address(_ key: String) -> String? {
    guard let text = string(key) else { return nil }
    if NetworkAddress(text) != nil { return text }
    reject(
      key,
      "must be an IPv4 or IPv6 address, such as 127.0.0.1 or ::1, not \(quoted(text))")
    return nil
  }
}
