import Foundation
import NNG
import Testing

/// Certificates made by `deploy/tls/issue`, once for all tests, removed when the process ends.
struct Certificates: Sendable {
    static let shared = Result { try Certificates() }

    let directory: URL

    private init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "nng-\(UUID().uuidString)")
        temporaryDirectory = directory
        atexit { removeTemporaryDirectory() }
        for authority in ["good", "other"] {
            try issue(authority, "ca")
            try issue(authority, "coordinator", "localhost", "coordinator.test")
            try issue(authority, "coordinator", "elsewhere.test")
            try issue(authority, "worker", "worker1")
            try issue(authority, "operator", "operator1")
        }
        try issue("good", days: -1, "worker", "expired")
        try issue("good", days: -1, "coordinator", "expired.test")
    }

    @discardableResult func issue(_ authority: String, days: Int? = nil, _ arguments: String...) throws -> Output {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try Output.of(
            root.appending(path: "deploy/tls/issue").path,
            ["--directory", path(authority)] + (days.map { ["--days", "\($0)"] } ?? []) + arguments
        )
    }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    /// The files of the owner of `name`, signed by `signer`, that trusts `trusted`.
    func files(_ name: String, signer: String = "good", trusted: String = "good", serverName: String? = "localhost")
        -> TLSFiles
    {
        TLSFiles(
            authority: path("\(trusted)/ca.crt"),
            certificate: path("\(signer)/\(name).crt"),
            key: path("\(signer)/\(name).key"),
            serverName: serverName
        )
    }
}

/// What a program has said when it had ended.
struct Output {
    let status: Int32
    let text: String

    static func of(_ program: String, _ arguments: [String]) throws -> Output {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Output(status: process.terminationStatus, text: String(decoding: data, as: UTF8.self))
    }
}

// Set once, before the handler that reads it is registered.
private nonisolated(unsafe) var temporaryDirectory: URL?

private func removeTemporaryDirectory() {
    if let temporaryDirectory { try? FileManager.default.removeItem(at: temporaryDirectory) }
}
