import Concurrency
import FoundationEssentials
import Glibc
import Logging
package import MariaDB
package import PrivateMariaDB

/// A coordinator, workers and operators, as processes of the program that was built, on a database of their own.
package final class TestFleet: Sendable {
    /// What a setting is called in the file, and its value.
    package typealias Settings = [String: String]

    /// Looks at the tables.
    package let pool: ConnectionPool
    /// The fleet's database, and whoever may do everything to it.
    package let database: ConnectionSettings
    /// Where the coordinator is.
    package let address: String
    /// Where a second one may listen.
    package let standbyAddress: String
    /// In the User-Agent of this fleet and of no other.
    package let contact: String
    /// The working directory of its processes.
    package let directory: String

    private let settings: Settings
    private let children = Lock<[ChildProcess]>([])
    private let lastName = Lock(0)

    /// Runs `body` with a fleet that nothing runs of yet, and ends all its processes after that.
    /// - Parameters:
    ///   - settings: for all processes, over those that the fleet has anyway.
    ///   - server: where its database is made; `nil` for the server that all tests share.
    ///   - isMigrated: whether the database has its schema.
    package static func with(
        _ settings: Settings = [:],
        on server: PrivateMariaDB? = nil,
        isMigrated: Bool = true,
        _ body: (TestFleet) async throws -> Void
    ) async throws {
        let fleet = try await TestFleet(settings, on: server)
        do {
            if isMigrated { try await fleet.perigee("migrate").succeeded() }
            try await body(fleet)
        } catch {
            await fleet.end()
            throw FleetError("\(error)\n\(fleet.tails)")
        }
        await fleet.end()
    }

    private init(_ settings: Settings, on given: PrivateMariaDB?) async throws {
        let server: PrivateMariaDB
        if let given { server = given } else { server = try await PrivateMariaDB.shared }
        database = try await server.makeDatabase()
        pool = ConnectionPool(
            settings: database,
            limit: 2,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        directory = try await Sandbox.shared.value.makeDirectory("fleet")
        let port = try freePort()
        address = "tls+tcp://127.0.0.1:\(port)"
        standbyAddress = "tls+tcp://127.0.0.1:\(try freePort())"
        contact = "fleet-\(port)@example.org"
        self.settings = [
            "database.defaults_file": server.optionFilePath,
            "database.host": "127.0.0.1",
            "database.port": "\(server.port)",
            "database.name": database.database ?? "",
            "coordinator.listen": address,
            "coordinator.address": address,
            "http.contact": contact,
            "politeness.site_in_flight": "8",
            "politeness.site_per_minute": "0",
            "log.level": "debug",
        ].merging(settings) { _, new in new }
    }

    // MARK: Processes

    /// Starts a coordinator and waits until it answers.
    package func startCoordinator(_ settings: Settings = [:]) async throws -> ChildProcess {
        let coordinator = try await start(["coordinator"], as: .coordinator, settings)
        try await eventually("the coordinator listens") {
            if coordinator.ending != nil { throw FleetError("the coordinator has ended") }
            return coordinator.standardError.contains("coordinator listening")
        }
        return coordinator
    }

    /// Starts a coordinator that waits for the term, and waits until it does.
    package func startStandby(_ settings: Settings = [:]) async throws -> ChildProcess {
        let standby = try await start(["coordinator", "--standby"], as: .coordinator, settings)
        try await eventually("the standby waits") {
            if standby.ending != nil { throw FleetError("the standby has ended") }
            return standby.standardError.contains("standing by")
        }
        return standby
    }

    /// Starts a worker. It may not have registered yet.
    package func startWorker(
        _ name: String,
        slots: Int = 4,
        _ settings: Settings = [:]
    ) async throws -> ChildProcess {
        try await start(["worker", "--name", name, "--slots", "\(slots)"], as: .worker, settings)
    }

    /// Starts the program in a role, with a settings file of its own.
    package func start(
        _ arguments: [String],
        as role: Role = .operator,
        _ settings: Settings = [:],
        environment: [String: String] = [:]
    ) async throws -> ChildProcess {
        let name = nextName(arguments.first ?? "perigee")
        let file = try await settingsFile(name, for: role, settings)
        let process = try await ChildProcess.start(
            [try Checkout.program("perigee")] + arguments + ["--config", file],
            name: name,
            in: directory,
            environment: environment.merging(Self.environment) { new, _ in new }
        )
        children.withLock { $0.append(process) }
        return process
    }

    /// Runs a command of an operator, or of another role, to its end.
    package func perigee(
        _ arguments: String...,
        as role: Role = .operator,
        settings: Settings = [:],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(180)
    ) async throws -> Output {
        try await perigee(arguments, as: role, settings: settings, environment: environment, within: limit)
    }

    /// Runs a command of an operator, or of another role, to its end.
    package func perigee(
        _ arguments: [String],
        as role: Role = .operator,
        settings: Settings = [:],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(180)
    ) async throws -> Output {
        let process = try await start(arguments, as: role, settings, environment: environment)
        let code: Int32 =
            switch try await process.wait(within: limit) {
            case .exited(let code): code
            case .killed(let signal): -signal
            }
        return Output(code: code, standardOutput: process.standardOutput, standardError: process.standardError)
    }

    private func end() async {
        for child in children.withLock({ $0 }) {
            child.signal(SIGKILL)
            _ = try? await child.wait(within: .seconds(10))
        }
        await pool.shutdown(within: .seconds(1))
    }

    /// Of the latest processes: there may have been hundreds.
    private var tails: String { children.withLock { $0 }.suffix(20).map(\.tail).joined(separator: "\n") }

    private func nextName(_ command: String) -> String {
        lastName.withLock { number in
            number += 1
            return "\(number)-\(command)"
        }
    }

    /// Of this process, without what would change the settings.
    private static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PERIGEE_") }
    }

    // MARK: Settings

    /// Writes the settings of a process and gives the path of the file.
    package func settingsFile(_ name: String, for role: Role, _ settings: Settings = [:]) async throws -> String {
        let credentials = try await Credentials.shared
        var all = self.settings
        all["tls.ca"] = credentials.authority
        all["tls.certificate"] = credentials.certificate(of: role.rawValue)
        all["tls.key"] = credentials.key(of: role.rawValue)
        if role != .operator { all["secrets.worker"] = credentials.secret(of: .worker) }
        if role != .worker { all["secrets.operator"] = credentials.secret(of: .operator) }
        all.merge(settings) { _, new in new }
        let path = "\(directory)/\(name).yaml"
        try writePrivately(Self.yaml(all), to: path)
        return path
    }

    private static func yaml(_ settings: Settings) -> String {
        let sections = Dictionary(grouping: settings.sorted { $0.key < $1.key }) { $0.key.prefix { $0 != "." } }
        return sections.sorted { $0.key < $1.key }.map { section, entries in
            "\(section):\n"
                + entries.map { key, value in
                    "  \(key.dropFirst(section.count + 1)): '\(value.replacing("'", with: "''"))'\n"
                }.joined()
        }.joined()
    }

    // MARK: Tables

    /// The rows of a query.
    package func rows(_ sql: String, _ values: [Value] = []) async throws -> [Row] {
        try await pool.withConnection { try await $0.rows(sql, values) }
    }

    /// Changes the tables.
    package func execute(_ sql: String) async throws {
        _ = try await pool.withConnection { try await $0.execute(sql) }
    }

    /// The single number that a query gives.
    package func number(_ sql: String, _ values: [Value] = []) async throws -> Int {
        try await rows(sql, values).first?.decode(at: 0) ?? -1
    }

    /// The first column of a query's rows.
    package func strings(_ sql: String, _ values: [Value] = []) async throws -> [String] {
        try await rows(sql, values).map { try $0.decode(at: 0) }
    }
}

extension Output {
    /// Throws unless the exit code is 0.
    @discardableResult
    package func succeeded() throws -> Output {
        guard code == 0 else { throw FleetError("exit code \(code): \(standardOutput)\(standardError)") }
        return self
    }
}
