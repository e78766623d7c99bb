import Glibc

/// Runs seeds: `simulation [--seeds COUNT | --seed SEED] [--mutation NAME | --mutations COUNT]`.
@main
struct Simulation {
  static func main() {
    beDeterministic()
    JobExecutor.takeOver()
    var arguments = CommandLine.arguments.dropFirst()
    var seeds: ClosedRange<UInt64> = 1...2000
    var mutation: Mutation?
    var traces = false
    while let option = arguments.popFirst() {
      guard let value = arguments.popFirst() else { usage() }
      switch (option, UInt64(value)) {
      case ("--seeds", let count?) where count > 0: seeds = 1...count
      case ("--seed", let seed?):
        seeds = seed...seed
        traces = true
      case ("--mutation", _):
        guard let known = Mutation(rawValue: value) else { usage() }
        mutation = known
      case ("--mutations", let count?) where count > 0: exit(findMutations(1...count) ? 0 : 1)
      default: usage()
      }
    }
    exit(run(seeds, mutation, traces: traces) ? 0 : 1)
  }

  /// - Returns: whether nothing was found wrong.
  private static func run(
    _ seeds: ClosedRange<UInt64>, _ mutation: Mutation?, traces: Bool
  ) -> Bool {
    let with = mutation.map { " MUTATION=\($0.rawValue)" } ?? ""
    var failed = 0
    for seed in seeds {
      let faults = Scenario(seed: seed, mutation: mutation, traces: traces).run()
      guard !faults.isEmpty else { continue }
      failed += 1
      print("error: seed \(seed), \(faults.count) faults: make simulation SEED=\(seed)\(with)")
      for fault in faults.prefix(3) { print("  \(fault)") }
      if mutation != nil { break }
    }
    print("\(seeds.count) seeds, \(failed) failed")
    return failed == 0
  }

  /// Puts the old faults back, one at a time.
  /// - Returns: whether each was found by one of the seeds.
  private static func findMutations(_ seeds: ClosedRange<UInt64>) -> Bool {
    var missed = 0
    for mutation in Mutation.allCases {
      let name = mutation.rawValue
      let found = seeds.lazy.compactMap { seed in
        Scenario(seed: seed, mutation: mutation).run().first.map { (seed: seed, fault: $0) }
      }.first
      if let found {
        print("\(name): found by seed \(found.seed): \(found.fault)")
      } else {
        print("error: \(name): not found by \(seeds.count) seeds")
        missed += 1
      }
      fflush(nil)
    }
    return missed == 0
  }

  private static func usage() -> Never {
    let text =
      "usage: simulation [--seeds COUNT | --seed SEED] [--mutation NAME | --mutations COUNT]\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(64)
  }

  /// Sets and dictionaries are walked in the same order each time.
  private static func beDeterministic() {
    guard getenv("SWIFT_DETERMINISTIC_HASHING") == nil else { return }
    setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
    perror("execv")
    exit(70)
  }
}
