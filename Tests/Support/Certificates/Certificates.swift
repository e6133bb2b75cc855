import Foundation
package import NNG

/// Certificates made by `deploy/tls/issue`, once for all tests, removed when the process ends.
package struct Certificates: Sendable {
    package static var shared: Certificates { get async throws { try await making.value } }

    private static let making = Task { try await Certificates() }

    private let directory: URL

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

    /// Runs `deploy/tls/issue` for an authority, to its end.
    @discardableResult
    package func issue(_ authority: String, days: Int? = nil, _ arguments: String...) async throws -> Output {
        try await Output.of(
            script,
            ["--directory", path(authority)] + (days.map { ["--days", "\($0)"] } ?? []) + arguments
        )
    }

    /// The path of `deploy/tls/issue`.
    package var script: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/tls/issue").path
    }

    /// The path of a file of these, such as `good/ca.crt`.
    package func path(_ name: String) -> String { directory.appending(path: name).path }

    /// The files of the owner of `name`, signed by `signer`, that trusts `trusted`.
    package func files(
        _ name: String,
        signer: String = "good",
        trusted: String = "good",
        serverName: String? = "localhost"
    )
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

// Set once, before the handler that reads it is registered.
private nonisolated(unsafe) var temporaryDirectory: URL?

private func removeTemporaryDirectory() {
    if let temporaryDirectory { try? FileManager.default.removeItem(at: temporaryDirectory) }
}

extension Certificates {
    /// Makes a list of revocations with the certificate of `name` in it, and returns its path.
    package func revoke(_ name: String) async throws -> String {
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
            guard output.status == 0 else { throw output }
        }
        return list
    }
}
