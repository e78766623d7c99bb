import JSONText
import Points

/// Reads the users and finds names and ports that two of them want.
struct UsersDecoder {
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

  mutating func decode(_ file: ObjectReader) -> [UserConfiguration] {
    guard let node = file.node("users") else {
      file.missing("users", "give an array of users, each with name and port")
      return []
    }
    guard case .array(let elements) = node.value else {
      file.reject("users", "must be an array of objects, not \(node.value.described)")
      return []
    }
    if elements.isEmpty { file.reject("users", "must hold at least one user") }
    let readers = elements.enumerated().map { index, element in
      ObjectReader(element, path: "users[\(index)]", faults: faults)
    }
    // All users and servers before any group, so that it is the group which has to give way.
    var users: [(index: Int, reader: ObjectReader, user: UserConfiguration)] = []
    for (index, reader) in readers.enumerated() {
      if let reader { users.append((index, reader, decodeUser(reader, index: index))) }
    }
    return users.map { index, reader, user in
      var user = user
      user.groups = decodeGroups(reader, index: index)
      reader.finish()
      return user
    }
  }

  private mutating func decodeUser(_ reader: ObjectReader, index: Int) -> UserConfiguration {
    let name = decodeName(reader, index: index)
    let server = decodeServer(reader, index: index, user: name)
    let address = reader.address("address") ?? address
    let port = decodePort(reader, index: index, user: name, address: address)
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
    return UserConfiguration(
      name: name ?? "", server: server ?? "", groups: [], address: address, port: port ?? 0,
      terms: terms)
  }

  /// nil when there is none or it is at fault.
  private mutating func decodeName(_ reader: ObjectReader, index: Int) -> String? {
    guard reader.node("name") != nil else {
      reader.missing("name", "each user needs a name")
      return nil
    }
    guard let name = reader.string("name")?.normalised else { return nil }
    if let objection = NameRule.objection(to: name) ?? names.takeUser(name, index: index) {
      reader.reject("name", objection)
      return nil
    }
    return name
  }

  private mutating func decodeServer(
    _ reader: ObjectReader, index: Int, user: String?
  ) -> String? {
    let owner = user ?? "no name"
    guard reader.node("server") != nil else {
      // A name at fault has been reported; its default has nothing to add.
      guard let server = user?.lowercased().normalised else { return nil }
      if let objection = NameRule.objection(to: server)
        ?? names.takeServer(server, index: index, user: owner)
      {
        reader.reject("server", "by default the name in lower case: \(objection)")
      }
      return server
    }
    guard let server = reader.string("server")?.normalised else { return nil }
    if let objection = NameRule.objection(to: server)
      ?? names.takeServer(server, index: index, user: owner)
    {
      reader.reject("server", objection)
    }
    return server
  }

  private mutating func decodePort(
    _ reader: ObjectReader, index: Int, user: String?, address: String
  ) -> Int? {
    guard reader.node("port") != nil else {
      reader.missing("port", "each user needs a port of its own")
      return nil
    }
    guard let port = reader.integer("port", in: portRange).map(Int.init) else { return nil }
    let owner = "users[\(index)]" + (user.map { " (\($0))" } ?? "")
    if let networkAddress = NetworkAddress(address),
      let holder = ports.take(port, at: networkAddress, for: owner)
    {
      reader.reject("port", "\(port) is already used by \(holder)")
    }
    return port
  }

  private mutating func decodeGroups(_ reader: ObjectReader, index: Int) -> [String] {
    var groups: [String] = []
    for element in reader.strings("groups") ?? [] {
      let name = element.text.normalised
      if let objection = NameRule.objection(to: name) {
        faults.add(at: element.offset, element.path, objection)
        continue
      }
      switch names.joinGroup(name, index: index) {
      case .joined(let spelling): groups.append(spelling)
      case .refused(let objection): faults.add(at: element.offset, element.path, objection)
      }
    }
    return groups
  }
}
