import Foundation
import NNG

/// Certificates made by `deploy/tls/issue`, once for all tests, removed when the process ends.
struct Certificates: Sendable {
    static var shared: Certificates { get async throws { try await making.value } }

    private static let making = Task { try await Certificates() }

    private let directory: URL

    var coordinator: TLSFiles { files("localhost") }
    var worker: TLSFiles { files("worker1") }

    private init() async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "coordinator-\(UUID().uuidString)")
        temporaryDirectory = directory
        atexit { removeTemporaryDirectory() }
        for arguments in [["ca"], ["coordinator", "localhost"], ["worker", "worker1"]] { try await issue(arguments) }
    }

    private func files(_ name: String) -> TLSFiles {
        TLSFiles(
            authority: directory.appending(path: "ca.crt").path,
            certificate: directory.appending(path: "\(name).crt").path,
            key: directory.appending(path: "\(name).key").path,
            serverName: "localhost"
        )
    }

    private func issue(_ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/tls/issue")
        process.arguments = ["--directory", directory.path] + arguments
        process.standardInput = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw IssueFailed(arguments: arguments, status: status) }
    }
}

struct IssueFailed: Error {
    let arguments: [String]
    let status: Int32
}

// Set once, before the handler that reads it is registered.
private nonisolated(unsafe) var temporaryDirectory: URL?

private func removeTemporaryDirectory() {
    if let temporaryDirectory { try? FileManager.default.removeItem(at: temporaryDirectory) }
}
