import Glibc

/// A library of the page that lies on this machine, where Debian's package put it.
struct Library: Sendable {
  /// Its path in a URL, below `/libraries/`.
  let name: String
  /// Places to look, best first.
  let candidates: [String]
  /// One line for the log when none of them is there.
  let missing: String
  /// The same for the page, whose readers learn no path.
  let missingOnPage: String

  /// A file as it lies there now.
  struct File: Sendable, Hashable {
    let path: String
    let entityTag: String
  }

  var mediaType: String {
    name.hasSuffix(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
  }

  static func all(_ libraries: DashboardSettings.Libraries) -> [Library] {
    let bootstrap = libraries.bootstrap
    let chart = libraries.chartjs
    // Version 4 calls its file for browsers chart.umd.js, version 3 chart.min.js.
    let chartFiles = ["chart.umd.min.js", "chart.umd.js", "chart.min.js", "chart.js"]
    return [
      Library(
        name: "bootstrap.css",
        candidates: [
          "\(bootstrap)/css/bootstrap.min.css", "\(bootstrap)/css/bootstrap.css", bootstrap,
        ],
        missing: "Bootstrap is not in \(bootstrap): the dashboard looks plain; install"
          + " libjs-bootstrap5 or set http.libraries.bootstrap",
        missingOnPage: "Bootstrap is missing on the daemon's machine: the dashboard looks plain;"
          + " install libjs-bootstrap5 or set http.libraries.bootstrap"),
      Library(
        name: "chart.js", candidates: chartFiles.map { "\(chart)/\($0)" } + [chart],
        missing: "Chart.js is not in \(chart): the dashboard has no charts; install"
          + " libjs-chart.js or set http.libraries.chartjs",
        missingOnPage: "Chart.js is missing on the daemon's machine: the dashboard has no charts;"
          + " install libjs-chart.js or set http.libraries.chartjs"),
    ]
  }

  /// The first candidate that is there; nil when none is. Its tag changes with time and size.
  func file() -> File? {
    for path in candidates {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      let time = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
      let size = Int64(status.st_size)
      let tag = "\"\(String(time, radix: 16))-\(String(size, radix: 16))\""
      return File(path: path, entityTag: tag)
    }
    return nil
  }
}
