import FoundationEssentials
package import Glibc

/// Certificates and secrets of one installation, as `deploy/tls/issue` makes them; once for all tests.
package struct Credentials: Sendable {
    /// Good ones.
    package static var shared: Credentials { get async throws { try await good.value } }
    /// Those of another installation: another CA, other secrets.
    package static var foreign: Credentials { get async throws { try await other.value } }

    private static let good = Task { try await Credentials("credentials") }
    private static let other = Task { try await Credentials("foreign") }

    private let directory: String

    private init(_ name: String) async throws {
        directory = try await Sandbox.shared.value.makeDirectory(name)
        try await issue(["ca"])
        for role in Role.allCases { try await issue([role.rawValue, role.rawValue]) }
        for role in [Role.worker, .operator] { try Self.writeSecret(to: secret(of: role)) }
    }

    /// The certificate of the CA.
    package var authority: String { "\(directory)/ca.crt" }

    package func certificate(of name: String) -> String { "\(directory)/\(name).crt" }

    package func key(of name: String) -> String { "\(directory)/\(name).key" }

    /// The file with the secret of workers or operators.
    package func secret(of role: Role) -> String { "\(directory)/\(role.rawValue).secret" }

    /// Makes a certificate that has run out, unless it is there.
    package func issueExpired(_ role: Role, name: String) async throws {
        try await issue(["--days", "-1", role.rawValue, name])
    }

    private func issue(_ arguments: [String]) async throws {
        let command = [Checkout.path("deploy/tls/issue"), "--directory", directory] + arguments
        let output = try await Output.of(command, name: "issue-\(arguments.last ?? "")", in: directory)
        guard output.code == 0 else { throw FleetError("issue: \(output.standardError)") }
    }

    private static func writeSecret(to path: String) throws {
        let secret = (0..<32).map { _ in "0123456789abcdef".randomElement() ?? "0" }
        try writePrivately(String(secret) + "\n", to: path)
    }
}

/// What a process is to its installation.
package enum Role: String, Sendable, CaseIterable {
    case coordinator, worker, `operator`
}

/// Writes a file that only its owner can read.
package func writePrivately(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    guard chmod(path, mode) == 0 else { throw FleetError("\(path): error \(errno)") }
}

/// What a program has said and how it ended.
package struct Output: Sendable {
    /// The exit code; negative for the signal that ended it.
    package let code: Int32
    package let standardOutput: String
    package let standardError: String

    /// The lines of standard error that the program ends with, without those of its log.
    package var complaints: [String] {
        standardError.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("time=") }
    }

    /// Runs a program to its end.
    package static func of(
        _ command: [String],
        name: String,
        in directory: String,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        within limit: Duration = .seconds(120)
    ) async throws -> Output {
        let process = try await ChildProcess.start(command, name: name, in: directory, environment: environment)
        let code: Int32 =
            switch try await process.wait(within: limit) {
            case .exited(let code): code
            case .killed(let signal): -signal
            }
        return Output(code: code, standardOutput: process.standardOutput, standardError: process.standardError)
    }
}
