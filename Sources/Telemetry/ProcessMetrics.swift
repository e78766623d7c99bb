import Glibc

/// What the kernel says about this process; nil where it does not say it.
///
/// Source: proc(5), `/proc/self/statm`, `/proc/self/stat` and `/proc/self/fd`.
struct ProcessMetrics: Sendable, Equatable {
  var residentBytes: Double?
  var openDescriptors: Double?
  /// The soft limit.
  var descriptorLimit: Double?
  var threads: Double?
  /// In user and kernel mode together.
  var processorSeconds: Double?

  static let processorTime = Metric(
    "pointsd_process_cpu_seconds_total", help: "Processor time used, user and kernel, in seconds.")

  var gauges: [(Metric, Double?)] {
    [
      (
        Metric(
          "pointsd_process_resident_memory_bytes",
          help: "Memory of the process that is in RAM, in bytes."), residentBytes
      ),
      (Metric("pointsd_process_open_fds", help: "Open file descriptors."), openDescriptors),
      (
        Metric("pointsd_process_max_fds", help: "Soft limit of open file descriptors."),
        descriptorLimit
      ),
      (Metric("pointsd_process_threads", help: "Threads of the process."), threads),
    ]
  }

  static func read() -> ProcessMetrics {
    var metrics = ProcessMetrics()
    metrics.read(
      statm: contents(of: "/proc/self/statm") ?? "", pageSize: Double(sysconf(Int32(_SC_PAGESIZE))))
    metrics.read(
      stat: contents(of: "/proc/self/stat") ?? "",
      ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
    metrics.openDescriptors = countDescriptors()
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      metrics.descriptorLimit = Double(limit.rlim_cur)
    }
    return metrics
  }

  /// Takes the second field of `statm`: resident pages.
  mutating func read(statm: String, pageSize: Double) {
    let fields = statm.split(separator: " ")
    residentBytes = fields.count > 1 ? Double(fields[1]).map { $0 * pageSize } : nil
  }

  /// Takes fields 14, 15 (processor ticks) and 20 (threads) of `stat`. The second field, the
  /// command in parentheses, may itself hold blanks and parentheses.
  mutating func read(stat: String, ticksPerSecond: Double) {
    guard let commandEnd = stat.lastIndex(of: ")") else { return }
    let fields = stat[stat.index(after: commandEnd)...].split(separator: " ")
    guard fields.count > 17 else { return }
    if let user = Double(fields[11]), let kernel = Double(fields[12]), ticksPerSecond > 0 {
      processorSeconds = (user + kernel) / ticksPerSecond
    }
    threads = Double(fields[17])
  }

  /// A small file of `/proc`, which never blocks.
  private static func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      guard count > 0 else { return nil }
      return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
  }

  /// Entries of `/proc/self/fd` but for `.`, `..` and the descriptor that reads them.
  private static func countDescriptors() -> Double? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = -3.0
    while readdir(folder) != nil { count += 1 }
    return count
  }
}
