import Glibc

/// A pseudo-terminal to write to.
final class Terminal {
  private let controller: Int32
  let descriptor: Int32

  init() throws {
    controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: UInt32 = 0
    var locked: Int32 = 0
    guard controller >= 0, ioctl(controller, Self.lock, &locked) == 0,
      ioctl(controller, Self.getNumber, &number) == 0
    else { throw RunningCommand.Failure(what: "pseudo-terminal: \(errno)") }
    descriptor = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunningCommand.Failure(what: "terminal: \(errno)") }
  }

  /// TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h, which Swift cannot import: they are built
  /// by macros with arguments.
  private static let lock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  /// What was written since the last call.
  func contents() throws -> String {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    while poll(&waiting, 1, 0) == 1 {
      let count = read(controller, &chunk, chunk.count)
      guard count > 0 else { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  deinit {
    close(controller)
    close(descriptor)
  }
}
