import Dispatch
import Glibc

/// Ends a command that runs until it is interrupted, with status 0. Nothing is kept between two
/// lines, so a signal may end the process at any moment; the kernel closes the connections in good
/// order.
struct EndOnSignals {
  private let sources: [any DispatchSourceSignal]

  /// SIGHUP too: a terminal that closes wants nothing more.
  /// - Parameter ending: what is written before, such as what makes a terminal what it was.
  init(atEnd ending: String = "") {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: DispatchQueue(label: "pointsctl.signals"))
      source.setEventHandler {
        // Nobody is left to be asked again when it cannot be written.
        if !ending.isEmpty { try? Output.write(ending) }
        Glibc.exit(ExitStatus.done.rawValue)
      }
      source.resume()
      return source
    }
  }

  func cancel() {
    for source in sources { source.cancel() }
  }
}
