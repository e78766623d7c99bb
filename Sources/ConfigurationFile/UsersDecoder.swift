import JSONText
import Points

/// Reads the users and finds names and ports that two of them want.
struct UsersDecoder {
  /// What is a user's own in an entry.
  private struct Member {
    let name: String
    let server: String
    let port: Int
  }

  let faults: FaultCollector
  /// What users have who give none of their own.
  let address: String
  let accrual: Configuration.Accrual
  var ports: PortBook<NetworkAddress>
  private var names = NameSpace<FoldedName>()

  init(
    faults: FaultCollector, address: String, accrual: Configuration.Accrual,
    ports: PortBook<NetworkAddress>
  ) {
    self.faults = faults
    self.address = address
    self.accrual = accrual
    self.ports = ports
  }

  mutating func decode(_ file: ObjectReader) -> [ServerDefinition] {
    guard let node = file.node("users") else {
      file.missing("users", "give an array of users, each with name and port")
      return []
    }
    guard case .array(let elements) = node.value else {
      file.reject("users", "must be an array of objects, not \(node.value.described)")
      return []
    }
    if elements.isEmpty { file.reject("users", "must hold at least one user") }
    let readers = elements.enumerated().compactMap { index, element in
      ObjectReader(element, path: "users[\(index)]", faults: faults)
    }
    // All users and servers before any group, so that it is the group which has to give way.
    var entries: [(reader: ObjectReader, users: [ServerDefinition])] = []
    for reader in readers { entries.append((reader, decodeEntry(reader))) }
    return entries.flatMap { reader, users in
      let groups = decodeGroups(reader)
      reader.finish()
      return users.map { user in
        var user = user
        user.groups = groups
        return user
      }
    }
  }

  /// One user, or one for each of several names.
  private mutating func decodeEntry(_ reader: ObjectReader) -> [ServerDefinition] {
    let address = reader.address("address") ?? address
    let terms = decodeTerms(reader)
    let isOfSeveral = reader.node("names") != nil || reader.node("firstPort") != nil
    let members =
      isOfSeveral
      ? decodeSeveral(reader, address: address) : [decodeOne(reader, address: address)]
    return members.map {
      ServerDefinition(
        user: $0.name, server: $0.server, groups: [], address: address, port: $0.port, terms: terms)
    }
  }

  private func decodeTerms(_ reader: ObjectReader) -> AccrualTerms {
    let points = reader.integer("points", in: pointsRange)
    let interval = reader.milliseconds("intervalSeconds", in: intervalRange)
    let terms = AccrualTerms(
      points: points ?? accrual.terms.points,
      intervalMilliseconds: interval ?? accrual.terms.intervalMilliseconds)
    if interval != nil, Int64(accrual.maximumCatchUpSeconds) * 1000 < terms.intervalMilliseconds {
      reader.reject(
        "intervalSeconds",
        "must not be longer than accrual.maximumCatchUpSeconds "
          + "(\(accrual.maximumCatchUpSeconds)), or nothing would ever be credited")
    }
    return terms
  }

  // MARK: One user

  private mutating func decodeOne(_ reader: ObjectReader, address: String) -> Member {
    let name = decodeName(reader)
    let server = decodeServer(reader, user: name)
    let port = decodePort(reader, user: name, address: address)
    return Member(name: name ?? "", server: server ?? "", port: port ?? 0)
  }

  /// nil when there is none or it is at fault.
  private mutating func decodeName(_ reader: ObjectReader) -> String? {
    guard reader.node("name") != nil else {
      reader.missing("name", "each user needs a name")
      return nil
    }
    guard let name = reader.string("name")?.normalised else { return nil }
    if let objection = NameRule.objection(to: name) ?? names.takeUser(name, place: reader.path) {
      reader.reject("name", objection)
      return nil
    }
    return name
  }

  private mutating func decodeServer(_ reader: ObjectReader, user: String?) -> String? {
    guard reader.node("server") != nil else {
      // A name at fault has been reported; its default has nothing to add.
      return user.map {
        takeDefaultServer(of: $0, place: reader.path) { reader.reject("server", $0) }
      }
    }
    guard let server = reader.string("server")?.normalised else { return nil }
    if let objection = NameRule.objection(to: server)
      ?? names.takeServer(server, place: reader.path, user: user ?? "no name")
    {
      reader.reject("server", objection)
    }
    return server
  }

  private mutating func takeDefaultServer(
    of user: String, place: String, reject: (String) -> Void
  ) -> String {
    let server = user.lowercased().normalised
    if let objection = NameRule.objection(to: server)
      ?? names.takeServer(server, place: place, user: user)
    {
      reject("by default the name in lower case: \(objection)")
    }
    return server
  }

  private mutating func decodePort(
    _ reader: ObjectReader, user: String?, address: String
  ) -> Int? {
    guard reader.node("port") != nil else {
      reader.missing("port", "each user needs a port of its own")
      return nil
    }
    guard let port = reader.integer("port", in: portRange).map(Int.init) else { return nil }
    let owner = reader.path + (user.map { " (\($0))" } ?? "")
    if let holder = takePort(port, at: address, for: owner) {
      reader.reject("port", "\(port) is already used by \(holder)")
    }
    return port
  }

  /// - Returns: who already has it.
  private mutating func takePort(_ port: Int, at address: String, for owner: String) -> String? {
    NetworkAddress(address).flatMap { ports.take(port, at: $0, for: owner) }
  }

  // MARK: Several users on consecutive ports

  private mutating func decodeSeveral(_ reader: ObjectReader, address: String) -> [Member] {
    for key in ["name", "server", "port"] where reader.node(key) != nil {
      reader.reject(key, "belongs to one user; here names and firstPort say it of several")
    }
    if reader.node("names") == nil {
      reader.missing("names", "firstPort is that of the first of several names")
    }
    if reader.node("firstPort") == nil {
      reader.missing("firstPort", "the first of the names has it, each other the port behind")
    }
    let places = reader.stringsOrNull("names") ?? []
    let firstPort = reader.integer("firstPort", in: portRange).map(Int.init)
    if case .array(let elements)? = reader.node("names")?.value,
      elements.allSatisfy({ $0.value == .null })
    {
      reader.reject("names", "must hold at least one name")
    }
    if let firstPort, firstPort + places.count - 1 > 65535 {
      reader.reject(
        "firstPort",
        "\(places.count) names from \(firstPort) on reach port \(firstPort + places.count - 1); "
          + "the last there is is 65535")
      return []
    }
    return places.enumerated().compactMap { index, place in
      guard let name = place.text?.normalised else { return nil }
      return decodeMember(
        name, place: place.path, offset: place.offset, port: firstPort.map { $0 + index },
        address: address)
    }
  }

  private mutating func decodeMember(
    _ name: String, place: String, offset: Int, port: Int?, address: String
  ) -> Member? {
    if let objection = NameRule.objection(to: name) ?? names.takeUser(name, place: place) {
      faults.add(at: offset, place, objection)
      return nil
    }
    let server = takeDefaultServer(of: name, place: place) { [faults] in
      faults.add(at: offset, place, "its server is \($0)")
    }
    if let port, let holder = takePort(port, at: address, for: "\(place) (\(name))") {
      faults.add(at: offset, place, "its port \(port) is already used by \(holder)")
    }
    return Member(name: name, server: server, port: port ?? 0)
  }

  // MARK: Groups

  private mutating func decodeGroups(_ reader: ObjectReader) -> [String] {
    var groups: [String] = []
    for element in reader.strings("groups") ?? [] {
      let name = element.text.normalised
      if let objection = NameRule.objection(to: name) {
        faults.add(at: element.offset, element.path, objection)
        continue
      }
      switch names.joinGroup(name, place: reader.path) {
      case .joined(let spelling): groups.append(spelling)
      case .refused(let objection): faults.add(at: element.offset, element.path, objection)
      }
    }
    return groups
  }
}
