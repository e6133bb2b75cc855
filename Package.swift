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

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "perigee",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    ],
    targets: [
        // C libraries, from Debian's packages.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb"),
        .systemLibrary(name: "CNNG"),

        // What every other room stands on.
        room("Concurrency"),
        tests("ConcurrencyTests", ["Concurrency"]),

        // Wrappers of the C libraries.
        room("MariaDB", ["CMariaDB", "Concurrency", logging]),
        tests("MariaDBTests", ["Concurrency", "MariaDB", "PrivateMariaDB", logging]),

        // The tables and their rules.
        room("Catalog", ["Concurrency", "MariaDB", crypto]),
        tests("CatalogTests", ["Catalog", "Concurrency", "MariaDB", "PrivateMariaDB", crypto, logging]),

        // What tests stand on.
        .target(
            name: "PrivateMariaDB",
            dependencies: ["Concurrency", "MariaDB"],
            path: "Tests/Support/PrivateMariaDB",
            swiftSettings: settings
        ),
    ]
)
