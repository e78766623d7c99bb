import Glibc
import JSONText
import SystemPackage

/// The control socket to use in this environment and folder.
func chosenSocket(asked: String?) -> String {
  var folder = [CChar](repeating: 0, count: Int(PATH_MAX))
  let known = getcwd(&folder, folder.count) != nil
  return Endpoint.controlSocket(
    asked: asked, environment: environment("POINTSD_SOCKET"),
    folder: known
      ? String(decoding: folder.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      : "/",
    exists: { access($0, F_OK) == 0 })
}

/// The token in `path`: its one line, without the end of the line.
func readToken(_ path: String) throws(CommandFault) -> String {
  func fault(_ reason: String) -> CommandFault {
    CommandFault(.unreadable, "the token file \(excerpt(path, limit: 200)): \(reason)")
  }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw fault(Errno(rawValue: errno).description) }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 64 << 10)
  let count = read(descriptor, &bytes, bytes.count)
  guard count >= 0 else { throw fault(Errno(rawValue: errno).description) }
  var line = bytes[..<count]
  while line.last == UInt8(ascii: "\n") || line.last == UInt8(ascii: "\r") { line.removeLast() }
  // Anything else cannot stand in a header.
  guard !line.isEmpty, line.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
    throw fault("must hold one line with the token and nothing else")
  }
  return String(decoding: line, as: UTF8.self)
}
