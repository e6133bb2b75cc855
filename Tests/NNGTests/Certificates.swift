import Foundation
import Spawn
import Testing

@testable import NNG

/// Certificates made by `deploy/tls/issue`, once for all tests, removed when the process ends.
struct Certificates: Sendable {
    static var shared: Certificates { get async throws { try await making.value } }

    private static let making = Task { try await Certificates() }

    let directory: URL

    private init() async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "nng-\(UUID().uuidString)")
        temporaryDirectory = directory
        atexit { removeTemporaryDirectory() }
        for authority in ["good", "other"] {
            try await issue(authority, "ca")
            try await issue(authority, "coordinator", "localhost", "coordinator.test")
            try await issue(authority, "coordinator", "elsewhere.test")
            try await issue(authority, "worker", "worker1")
            try await issue(authority, "operator", "operator1")
        }
        try await issue("good", days: -1, "worker", "expired")
        try await issue("good", days: -1, "coordinator", "expired.test")
    }

    @discardableResult func issue(_ authority: String, days: Int? = nil, _ arguments: String...) async throws -> Output
    {
        try await Output.of(
            script,
            ["--directory", path(authority)] + (days.map { ["--days", "\($0)"] } ?? []) + arguments
        )
    }

    /// The path of `deploy/tls/issue`.
    var script: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "deploy/tls/issue").path
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

    /// Runs a program to its end, on a thread: waiting for it must not hold up the other tests.
    static func of(_ program: String, _ arguments: [String]) async throws -> Output {
        let output = Pending<Result<Output, any Error>>.on { Result { try run(program, arguments) } }
        return try #require(await output.value(within: .seconds(120)), "\(program) doesn't end").get()
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Output {
        let file = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = try Spawn(command: [program] + arguments, output: file, error: file).start()
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Output(
            status: status >> 8 & 0xff, text: String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self))
    }
}

// Set once, before the handler that reads it is registered.
private nonisolated(unsafe) var temporaryDirectory: URL?

private func removeTemporaryDirectory() {
    if let temporaryDirectory { try? FileManager.default.removeItem(at: temporaryDirectory) }
}

extension Certificates {
    /// Makes a list of revocations with the certificate of `name` in it, and returns its path.
    func revoke(_ name: String) async throws -> String {
        let configuration = path("revocations.conf")
        try """
        [ca]
        default_ca=this
        [this]
        database=\(path("revocations.index"))
        crlnumber=\(path("revocations.number"))
        default_md=sha256
        default_crl_days=30
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        try "".write(toFile: path("revocations.index"), atomically: true, encoding: .utf8)
        try "01".write(toFile: path("revocations.number"), atomically: true, encoding: .utf8)
        let authority = ["-config", configuration, "-cert", path("good/ca.crt"), "-keyfile", path("good/ca.key")]
        let list = path("revocations.crl")
        for action in [["-revoke", path("good/\(name).crt")], ["-gencrl", "-out", list]] {
            let output = try await Output.of("/usr/bin/openssl", ["ca"] + authority + action)
            #expect(output.status == 0, "\(output.text)")
        }
        return list
    }
}
