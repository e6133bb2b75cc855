// swift-tools-version: 6.3

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// One room of the project: a target whose sources are in `Sources/NAME`.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one room, in `Tests/NAME`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// What several tests stand on, in `Tests/Support/NAME`.
func support(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: settings)
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = ["NIOCore", "NIOHTTP1", "NIOPosix"].map { Target.Dependency.product(name: $0, package: "swift-nio") }
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "perigee",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        // Without traits: SwiftPM passes several in an order of chance, and compiles all of it anew when that changes.
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // C libraries, from Debian's packages.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb"),
        .systemLibrary(name: "CNNG"),
        .systemLibrary(name: "CZlib", path: "Tests/Support/CZlib"),

        // What every other room stands on.
        room("Concurrency"),
        tests("ConcurrencyTests", ["Concurrency"]),

        // Wrappers: no project type in them, no C type above them.
        room("HTTPFetch", ["CCurl", "Concurrency"]),
        tests("HTTPFetchTests", ["HTTPFetch", "RawServer"]),
        room("MariaDB", ["CMariaDB", "Concurrency", logging]),
        tests("MariaDBTests", ["Concurrency", "MariaDB", "PrivateMariaDB", "TCPForwarder", logging]),
        room("NNG", ["CNNG", "Concurrency"]),
        tests("NNGTests", ["Certificates", "Concurrency", "NNG"]),

        // What is said over the wire, and what wikis say.
        room("MediaWiki", ["Concurrency", "HTTPFetch"]),
        tests("MediaWikiTests", ["HTTPFetch", "MediaWiki", "RawServer", "SeededGenerator"]),
        room("Protocol", ["Concurrency", "NNG", crypto, logging, protobuf]),
        tests("ProtocolTests", ["Concurrency", "NNG", "Protocol", logging, protobuf]),

        // The tables and their rules.
        room("Catalog", ["Concurrency", "MariaDB", crypto]),
        tests(
            "CatalogTests",
            ["Catalog", "Concurrency", "MariaDB", "PrivateMariaDB", "SeededGenerator", crypto, logging]
        ),
        room("Jobs", ["Concurrency", "MariaDB", "MediaWiki", crypto, heap]),
        tests(
            "JobsTests",
            [
                "Catalog", "Concurrency", "Jobs", "MariaDB", "PrivateMariaDB", "SeededGenerator", "TCPForwarder",
                logging,
            ]
        ),

        // Who hands out the work, and who does it. They never import each other.
        room(
            "Coordinator",
            ["Catalog", "Concurrency", "Jobs", "MariaDB", "NNG", "Protocol", deque, lifecycle, logging]
        ),
        tests(
            "CoordinatorTests",
            [
                "Catalog", "Certificates", "Concurrency", "Coordinator", "Jobs", "MariaDB", "NNG", "PrivateMariaDB",
                "Protocol", "TCPForwarder", crypto, lifecycle, logging, protobuf,
            ]
        ),
        tests("ScheduleTests", ["Coordinator", "Jobs", "MariaDB", "SeededGenerator"]),
        room(
            "Worker",
            [
                "Catalog", "Concurrency", "HTTPFetch", "Jobs", "MariaDB", "MediaWiki", "Protocol", lifecycle, logging,
                protobuf,
            ]
        ),
        tests(
            "WorkerTests",
            [
                "Catalog", "Concurrency", "HTTPFetch", "Jobs", "MariaDB", "MediaWiki", "PrivateMariaDB", "RawServer",
                "Worker", logging,
            ]
        ),

        // The command line: what commands do, and the program with nothing but their declarations.
        room(
            "CLI",
            [
                "Catalog", "Concurrency", "Coordinator", "HTTPFetch", "Jobs", "MariaDB", "MediaWiki", "NNG",
                "Protocol", "Worker", lifecycle, logging, signals, yams,
            ]
        ),
        tests(
            "CLITests",
            ["CLI", "Catalog", "Concurrency", "Jobs", "MariaDB", "PrivateMariaDB", "Protocol", "perigee", logging]
        ),
        .executableTarget(
            name: "perigee",
            dependencies: ["CLI", "Catalog", "Jobs", arguments],
            swiftSettings: settings
        ),

        // The whole, as processes.
        tests(
            "ChaosTests",
            [
                "Concurrency", "MariaDB", "PrivateMariaDB", "SeededGenerator", "TCPForwarder", "TestFleet", "perigee",
            ]
        ),
        tests("IntegrationTests", ["MariaDB", "RawServer", "TestFleet", "WikiSimulator", "perigee"]),
        tests("ScaleTests", ["Concurrency", "MariaDB", "PrivateMariaDB", "RawServer", "TestFleet", "perigee"]),

        // What tests stand on.
        support("Certificates", ["NNG", "Spawn"]),
        support("PrivateMariaDB", ["Concurrency", "MariaDB", "Spawn"]),
        support("RawServer", ["Concurrency"]),
        support("SeededGenerator"),
        support("Spawn"),
        support("TCPForwarder", ["Concurrency", "PrivateMariaDB"]),
        support("TestFleet", ["Concurrency", "MariaDB", "PrivateMariaDB", "Spawn", logging]),
        tests("WikiSimulatorTests", ["Concurrency", "HTTPFetch", "MediaWiki", "WikiSimulator"]),
        support("WikiSimulator", ["CZlib", "Concurrency", crypto] + nio),
        .executableTarget(
            name: "wiki-simulator",
            dependencies: ["WikiSimulator", arguments],
            path: "Tests/Support/wiki-simulator",
            swiftSettings: settings
        ),
    ]
)
