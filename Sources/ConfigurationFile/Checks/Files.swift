import Glibc
import SystemPackage

/// Why a file could not be read, in words for the operator.
struct FileFault: Error {
  let message: String
}

/// The bytes of a regular file of at most `limit` bytes that is not empty.
func readFile(_ path: String, limit: Int) throws(FileFault) -> [UInt8] {
  guard !path.utf8.contains(0) else { throw FileFault(message: "a path cannot contain U+0000") }
  // Without O_NONBLOCK the daemon would wait for a writer of a named pipe for ever.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw FileFault(message: openFailure(errno)) }
  defer { close(descriptor) }
  return try readFile(descriptor, limit: limit).bytes
}

/// The same of an open file, with what the kernel says of it.
func readFile(
  _ descriptor: Int32, limit: Int
) throws(FileFault) -> (bytes: [UInt8], status: stat) {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw FileFault(message: openFailure(errno)) }
  switch status.st_mode & S_IFMT {
  case S_IFREG: break
  case S_IFDIR: throw FileFault(message: "is a directory; name the file in it")
  default: throw FileFault(message: "is not a regular file")
  }
  guard status.st_size <= limit else { throw FileFault(message: tooLarge(limit)) }
  let bytes = try readAll(descriptor, limit: limit)
  guard !bytes.isEmpty else { throw FileFault(message: "the file is empty") }
  return (bytes, status)
}

private func readAll(_ descriptor: Int32, limit: Int) throws(FileFault) -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 64 << 10)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw FileFault(message: openFailure(errno)) }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
    // The file may grow while it is read.
    guard bytes.count <= limit else { throw FileFault(message: tooLarge(limit)) }
  }
}

private func tooLarge(_ limit: Int) -> String {
  "is larger than \(limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit >> 10) KiB")"
}

func openFailure(_ code: Int32) -> String {
  switch code {
  case ENOENT: "no such file"
  case EACCES: "permission denied; allow user \(geteuid()) to read it"
  case ENOTDIR: "cannot be read: a folder of its path is a file"
  default: "cannot be read: \(Errno(rawValue: code))"
  }
}
