import Concurrency
import Foundation

/// Runs scripts, in which `perigee` is the program that was built with these tests.
actor Shell {
    /// What a script left behind.
    struct Outcome: Sendable {
        let status: Int32
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var lines: [String] {
            text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
    }

    private nonisolated let executor: ThreadExecutor
    private let environment: [String: String]

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ settings: [String: String]) throws {
        executor = try ThreadExecutor(name: "shell")
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PERIGEE_") }
        let own = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        environment["PATH"] = own.deletingLastPathComponent().path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        self.environment = environment.merging(settings) { _, new in new }
    }

    /// Runs a script of bash to its end, in an empty directory.
    func run(_ script: String) throws -> Outcome {
        let directory = FileManager.default.temporaryDirectory.appending(path: "cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (output, errors) = (directory.appending(path: "out"), directory.appending(path: "err"))
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", script]
        process.environment = environment
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: Array(try Data(contentsOf: output)),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        )
    }
}
