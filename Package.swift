// swift-tools-version: 6.2
import PackageDescription

/// What every target of this package is held to: Swift 6 concurrency checks and no warnings.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(
  name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(
  name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(
  name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "pointsd",
  products: [
    .executable(name: "pointsd", targets: ["pointsd"]),
    .executable(name: "pointsctl", targets: ["pointsctl"]),
  ],
  // Exact versions: Package.resolved is not kept, and a build must mean the same thing next year.
  dependencies: [
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
  ],
  targets: [
    // Its package comes with libmariadb-dev.
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .target(name: "CLinux"),
    .target(name: "Files", dependencies: ["CLinux", system], swiftSettings: strict),
    .target(name: "Processes", dependencies: ["Files", "CLinux", system], swiftSettings: strict),

    .target(name: "Points", swiftSettings: strict),
    .target(name: "JSONText", swiftSettings: strict),
    .target(
      name: "ConfigurationFile", dependencies: ["Points", "JSONText", system], swiftSettings: strict
    ),
    .target(
      name: "Lanes",
      dependencies: [
        "Points", "JSONText", "Telemetry", "CLinux", "QueueExecutor", logging, metrics, system,
      ],
      swiftSettings: strict),
    .target(name: "QueueExecutor", swiftSettings: strict),
    .target(
      name: "MariaDB",
      dependencies: ["CMariaDB", "QueueExecutor", "Telemetry", logging, metrics, system],
      swiftSettings: strict),
    .target(
      name: "ManagedDatabase",
      dependencies: ["Files", "Processes", "MariaDB", "CLinux", logging, system],
      swiftSettings: strict),
    .target(
      name: "Backup",
      dependencies: [
        "Points", "COpenSSL", "CLinux", "Files", "MariaDB", "Processes", "QueueExecutor", system,
      ],
      swiftSettings: strict),
    .target(
      name: "Ledger",
      dependencies: ["Points", "JSONText", "MariaDB", "Telemetry", logging, metrics],
      resources: [.embedInCode("Migrations")], swiftSettings: strict),
    .target(
      name: "Supervisor", dependencies: ["Points", "Telemetry", logging, metrics],
      swiftSettings: strict),
    .target(name: "Systemd", dependencies: ["Points", "CSystemd", logging], swiftSettings: strict),
    .target(name: "Telemetry", dependencies: [metrics], swiftSettings: strict),
    .target(
      name: "Dashboard",
      dependencies: [
        "Files", "Points", "JSONText", "Telemetry", "CLinux", "COpenSSL", hummingbird,
        hummingbirdCore, httpTypes, nioCore, nioPosix, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1,
        logging, metrics, lifecycle, system,
      ],
      // One binary is all there is to install.
      resources: [.embedInCode("Page")],
      swiftSettings: strict),

    .executableTarget(
      name: "pointsd",
      dependencies: [
        "Points", "ConfigurationFile", "Lanes", "MariaDB", "ManagedDatabase", "Backup",
        "Ledger",
        "Supervisor",
        "Systemd", "Telemetry", "Dashboard", "CLinux", "Files", "Processes", argumentParser,
        lifecycle,
        logging, metrics,
        nioCore, system,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "pointsctl",
      dependencies: [
        "CLinux", "Files", "Points", "JSONText", argumentParser, httpClient, nioCore, nioPosix,
        nioHTTP1, histogram, system,
      ],
      swiftSettings: strict),
    .target(
      name: "TestSupport",
      dependencies: ["Points", "MariaDB", "ManagedDatabase", "CLinux", logging],
      path: "Tests/TestSupport", swiftSettings: strict),
    .target(
      name: "LedgerModel", dependencies: ["Points"], path: "Tests/LedgerModel",
      swiftSettings: strict),
    .target(name: "CTaskJobs", path: "Tests/CTaskJobs"),
    .executableTarget(
      name: "simulation",
      dependencies: ["LedgerModel", "Supervisor", "Points", "CTaskJobs", logging],
      path: "Tests/Simulation", swiftSettings: strict),
    .testTarget(name: "RepositoryTests", swiftSettings: strict),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "PointsTests", dependencies: ["Points", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ConfigurationFileTests",
      dependencies: ["ConfigurationFile", "JSONText", "Points", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "LanesTests", dependencies: ["Lanes", "Points", "TestSupport", logging],
      swiftSettings: strict),
    .testTarget(
      name: "MariaDBTests", dependencies: ["MariaDB", "TestSupport", logging],
      swiftSettings: strict),
    .testTarget(
      name: "ManagedDatabaseTests",
      dependencies: [
        "Files", "ManagedDatabase", "MariaDB", "Processes", "TestSupport", logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "BackupTests", dependencies: ["Backup", "Points", "MariaDB", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "LedgerTests",
      dependencies: ["Ledger", "LedgerModel", "Points", "MariaDB", "TestSupport", logging],
      swiftSettings: strict),
    .testTarget(
      name: "SupervisorTests",
      dependencies: ["Supervisor", "Points", logging],
      swiftSettings: strict),
    .testTarget(
      name: "SystemdTests", dependencies: ["Systemd", "Points", logging], swiftSettings: strict),
    .testTarget(
      name: "TelemetryTests", dependencies: ["Telemetry", metrics], swiftSettings: strict),
    .testTarget(
      name: "DashboardTests",
      dependencies: [
        "Dashboard", "Points", "Telemetry", "TestSupport", hummingbird,
        .product(name: "HummingbirdTesting", package: "hummingbird"), httpTypes, nioCore, nioPosix,
        .product(name: "NIOEmbedded", package: "swift-nio"), nioHTTP1, logging, metrics, lifecycle,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PointsctlTests",
      dependencies: [
        "pointsctl", "Points", "JSONText", "TestSupport", argumentParser, nioCore, nioPosix,
        nioHTTP1,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "Integration",
      dependencies: [
        "Points", "ConfigurationFile", "MariaDB", "Ledger", "TestSupport", "pointsd", "pointsctl",
        logging,
      ],
      swiftSettings: strict),
  ]
)
