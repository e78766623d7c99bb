/// The form of an object that the API sends, written once: it makes the JSON of a value and the schema
/// that describes it.
struct Shape<Value>: Sendable {
  struct Member: Sendable {
    let name: String
    let schema: JSON
    /// nil leaves the member out.
    let value: @Sendable (Value) -> JSON?
    let isRequired: Bool

    init(_ name: String, _ schema: JSON, _ value: @escaping @Sendable (Value) -> JSON) {
      self.name = name
      self.schema = schema
      self.value = value
      self.isRequired = true
    }

    init(optional name: String, _ schema: JSON, _ value: @escaping @Sendable (Value) -> JSON?) {
      self.name = name
      self.schema = schema
      self.value = value
      self.isRequired = false
    }
  }

  /// In the API's description.
  let name: String
  let members: [Member]

  init(_ name: String, _ members: Member...) { self.init(name, members) }

  init(_ name: String, _ members: [Member]) {
    self.name = name
    self.members = members
  }

  func json(_ value: Value) -> JSON {
    .object(
      members.compactMap { member in
        member.value(value).map { JSON.Member(name: member.name, value: $0) }
      })
  }

  func list(_ values: [Value]) -> JSON { .array(values.map(json)) }

  var schema: JSON {
    JSONSchema.object(
      members.map { ($0.name, $0.schema) }, required: members.filter(\.isRequired).map(\.name))
  }
  var reference: JSON { JSONSchema.reference(name) }
  var listReference: JSON { JSONSchema.array(of: reference) }
  var described: JSON.Member { JSON.Member(name: name, value: schema) }
}
