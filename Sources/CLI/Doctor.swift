import Catalog
import FoundationEssentials
import MariaDB
import NNG
import Protocol
import Worker

/// The command `doctor`: looks at everything that Perigee stands on, and for work that is stuck.
package enum Doctor {
    /// What a check found.
    enum Finding: Sendable {
        case ok(String)
        case warning(String)
        case failure(String)

        var line: String {
            switch self {
            case .ok(let text): "ok    \(text)"
            case .warning(let text): "warn  \(text)"
            case .failure(let text): "FAIL  \(text)"
            }
        }

        var isFailure: Bool { if case .failure = self { true } else { false } }
    }

    /// Runs all checks and prints a line for each.
    /// - Throws: ``Complaint`` when a check failed.
    package static func run(_ settings: Settings) async throws {
        let checks: [(String, (Settings) async throws -> Finding)] =
            [
                ("database", database), ("schema", schema), ("certificate", certificate), ("coordinator", coordinator),
                ("secrets", secrets),
            ] + WikiChecks.all + StuckChecks.all
        let output = try StandardOutput()
        var failures = 0
        for (name, check) in checks {
            let finding: Finding
            do {
                finding = try await check(settings)
            } catch {
                finding = .failure("\(error)")
            }
            if finding.isFailure { failures += 1 }
            try await output.write("\(name.padding(12)) \(DisplayText.visible(finding.line))\n")
        }
        if failures > 0 { throw Complaint("\(failures) of \(checks.count) checks failed") }
    }

    private static func database(_ settings: Settings) async throws -> Finding {
        let connection = try await Connection.open(try settings.connectionSettings())
        let rows = try await connection.rows("SELECT VERSION() AS version, CURRENT_USER() AS user", limit: 1)
        await connection.close()
        let version: String = try rows[0].decode("version")
        let user: String = try rows[0].decode("user")
        return .ok("\(version), as \(user)")
    }

    private static func schema(_ settings: Settings) async throws -> Finding {
        try await ConnectionPool.with(
            settings: try settings.connectionSettings(),
            limit: 1,
            logger: try settings.logger(label: "doctor")
        ) { pool in try await Schema.check(on: pool) }
        return .ok("number \(Schema.version)")
    }

    private static func certificate(_ settings: Settings) async throws -> Finding {
        guard let files = try settings.addresses().compactMap({ try settings.tlsFiles(for: $0) }).first else {
            return .warning("the coordinator's address has no TLS; use tls+tcp:// outside of tests")
        }
        let expiries = [
            (files.authority, try files.authorityExpiry()), (files.certificate, try files.certificateExpiry()),
        ]
        guard let (path, expiry) = expiries.min(by: { $0.1 < $1.1 }) else { return .failure("there is none") }
        let left = expiry.timeIntervalSinceNow
        if left < 0 { return .failure("\(path) ran out; issue a new one with deploy/tls/issue") }
        let days = Int(left / 86_400)
        if days < 30 {
            return .warning("\(path) runs out in \(days) days; issue a new one with deploy/tls/issue")
        }
        return .ok("\(path), good for \(days) days")
    }

    private static func coordinator(_ settings: Settings) async throws -> Finding {
        let client = try settings.anonymousClient(logger: try settings.logger(label: "doctor"))
        let (welcome, term) = try await client.hello(within: .seconds(5))
        await client.leave(within: .seconds(1))
        return .ok("\(welcome.software) answers, term \(term)")
    }

    /// Each secret that this machine has: that of its workers, that of its operators, or both.
    private static func secrets(_ settings: Settings) async throws -> Finding {
        let logger = try settings.logger(label: "doctor")
        var clients: [(key: SettingKey, role: WireRole, client: CoordinatorClient)] = []
        if settings.string(.operatorSecret) != nil {
            clients.append((.operatorSecret, .operator, try settings.coordinatorClient(logger: logger)))
        }
        if settings.string(.workerSecret) != nil {
            clients.append((.workerSecret, .worker, try settings.workerClient(works: [], logger: logger)))
        }
        guard !clients.isEmpty else { return .failure("neither secrets.worker nor secrets.operator is set") }
        for (key, role, client) in clients {
            let session = try await client.connect(within: .seconds(5))
            await client.leave(within: .seconds(1))
            guard session.role == role else {
                return .failure("\(key.name) is a secret of \(session.role == .worker ? "workers" : "operators")")
            }
        }
        return .ok("\(clients.map(\.key.name).joined(separator: " and ")) accepted")
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
