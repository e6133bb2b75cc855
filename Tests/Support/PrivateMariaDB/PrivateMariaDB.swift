import Concurrency
import FoundationEssentials
import Glibc
package import MariaDB

/// A MariaDB server for tests alone: in a temporary directory, on a socket and a loopback port of its own.
///
/// A watchdog process ends the server and removes its directory as soon as this process has gone, however it went.
/// The server needs `mariadbd`, `mariadb-install-db` and, for TLS, `openssl`; it may be started as root.
package actor PrivateMariaDB {
    /// What can differ between servers.
    package struct Options: Sendable {
        /// Whether the server has a certificate, for 127.0.0.1 and localhost, and offers TLS.
        package var tls = false
        /// Further arguments of `mariadbd`, over those that it has anyway.
        package var arguments: [String] = []
        /// What `mariadbd` is started by: a command that becomes the one that follows it.
        package var launcher: [String] = []
        /// Where its directory is made; `nil` for TMPDIR.
        package var place: String?

        /// Options for a server without TLS and with no further arguments.
        package init() {}
    }

    private static let sharedServer = Task {
        var options = Options()
        options.tls = true
        return try await PrivateMariaDB.start(options)
    }
    private static let template = Task { try await Template.make() }

    /// The server that the tests of this process share: with TLS, and never to be stopped by a test.
    package static var shared: PrivateMariaDB {
        get async throws { try await sharedServer.value }
    }

    private nonisolated let executor: ThreadExecutor
    nonisolated let directory: String
    private nonisolated let options: Options
    private nonisolated let password: String
    /// The loopback port; the same after a restart.
    package nonisolated let port: UInt16
    private var watchdog: Watchdog?
    /// Its process; `nil` before it was started for the first time.
    private(set) var process: pid_t?
    private var databases = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The server's socket.
    package nonisolated var socketPath: String { directory + "/socket" }
    /// The PEM file of the authority that signed the server's certificate, where it has one.
    package nonisolated var authorityPath: String { directory + "/ca.pem" }
    /// The option file of the account that may do everything to the databases of tests, and has no SUPER privilege.
    package nonisolated var optionFilePath: String { directory + "/client.cnf" }

    /// Where the server is, over TCP.
    package nonisolated var endpoint: ConnectionSettings.Endpoint { .tcp(host: "127.0.0.1", port: port) }

    /// Settings of the account with all rights, over the socket and without a database.
    package nonisolated var administration: ConnectionSettings {
        ConnectionSettings(optionFile: directory + "/root.cnf", endpoint: .unixSocket(socketPath))
    }

    private init(directory: String, options: Options) throws {
        executor = try ThreadExecutor(name: "private-mariadb")
        self.directory = directory
        self.options = options
        password = String((0..<24).compactMap { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() })
        port = try freePort()
    }

    /// Starts a server and waits until it answers.
    package static func start(_ options: Options = Options()) async throws -> PrivateMariaDB {
        let source = try await template.value
        var server = try await make(options, from: source)
        do {
            try await server.start()
        } catch {
            // Somebody else may have taken its port meanwhile.
            server = try await make(options, from: source)
            try await server.start()
        }
        try await server.createAccount()
        return server
    }

    private static func make(_ options: Options, from template: String) async throws -> PrivateMariaDB {
        let server = try PrivateMariaDB(
            directory: try makeTemporaryDirectory("mariadb", in: options.place),
            options: options
        )
        try await server.prepare(from: template)
        return server
    }

    /// A new, empty database: settings for it with ``optionFilePath``'s account, over TCP.
    package func makeDatabase() async throws -> ConnectionSettings {
        databases += 1
        let name = "test_\(databases)"
        let connection = try await Connection.open(administration)
        try await connection.execute("CREATE DATABASE \(name)")
        await connection.close()
        return ConnectionSettings(optionFile: optionFilePath, endpoint: endpoint, database: name)
    }

    /// Writes an option file with mode 0600 into the server's directory, and gives its path.
    package nonisolated func writeOptionFile(_ name: String, user: String, password: String) throws -> String {
        let path = "\(directory)/\(name)"
        try writeFile("[client]\nuser = \(user)\npassword = \(password)\n", to: path, mode: 0o600)
        return path
    }

    /// Ends the server at once, as `kill -9` does. ``start()`` starts it again with what is on its disk.
    package func kill() throws {
        try watchdog?.end(.kill)
    }

    /// Stops the server properly. ``start()`` starts it again.
    package func stop() throws {
        try watchdog?.end(.terminate)
    }

    /// Lets the server stand still, as SIGSTOP does, until ``thaw()``. It must not be stopped meanwhile, only killed.
    package func freeze() throws { try watchdog?.signal(.stop) }

    /// Lets a server that stands still go on.
    package func thaw() throws { try watchdog?.signal(.goOn) }

    /// Starts the server, unless it runs.
    package func revive() async throws {
        if let process, isRunning(process) { return }
        try await start()
    }

    /// Starts the server, which doesn't run, and waits until it answers.
    package func start() async throws {
        guard let watchdog else { throw PrivateMariaDBError(description: "the server wasn't prepared") }
        let process = try watchdog.start()
        self.process = process
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                let connection = try await Connection.open(administration)
                await connection.close()
                return
            } catch {
                guard ContinuousClock.now < deadline, isRunning(process) else {
                    let log = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "no log"
                    throw PrivateMariaDBError(description: "server doesn't answer: \(error)\n\(log.suffix(2000))")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func prepare(from template: String) throws {
        let command = options.launcher + ["mariadbd"] + arguments
        watchdog = try Watchdog(directory: directory, template: template, command: command)
        try writeFile("[client]\nuser = root\n", to: directory + "/root.cnf", mode: 0o600)
        if options.tls { try makeCertificate() }
    }

    private func createAccount() async throws {
        _ = try writeOptionFile("client.cnf", user: "tester", password: password)
        let connection = try await Connection.open(administration)
        try await connection.execute("CREATE USER tester@'%' IDENTIFIED BY '\(password)'")
        try await connection.execute("GRANT ALL ON `test\\_%`.* TO tester@'%'")
        await connection.close()
    }

    private var arguments: [String] {
        var arguments = [
            "--no-defaults", "--user=root", "--datadir=\(directory)/data", "--tmpdir=\(directory)",
            "--socket=\(socketPath)", "--port=\(port)", "--bind-address=127.0.0.1", "--skip-name-resolve",
            "--max-connections=2000", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M",
            "--innodb-flush-log-at-trx-commit=2",
            "--performance-schema=OFF", "--skip-log-bin", "--pid-file=\(directory)/mariadbd.pid",
        ]
        if options.tls {
            arguments += [
                "--ssl-ca=\(authorityPath)", "--ssl-cert=\(directory)/server.pem", "--ssl-key=\(directory)/server.key",
            ]
        }
        return arguments + options.arguments
    }

    private func makeCertificate() throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(
            ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=test authority"] + key
                + ["-keyout", directory + "/ca.key", "-out", authorityPath],
            in: directory
        )
        try run(
            ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=localhost"] + key
                + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
                + ["-CA", authorityPath, "-CAkey", directory + "/ca.key"]
                + ["-keyout", directory + "/server.key", "-out", directory + "/server.pem"],
            in: directory
        )
    }
}

/// The data directory that all servers of this process start from: making one takes longer than copying it.
private enum Template {
    static func make() async throws -> String {
        let directory = try makeTemporaryDirectory("mariadb-template")
        // Has nothing to watch over but the directory.
        _ = try Watchdog(directory: directory, template: "", command: [])
        try run(
            [
                "mariadb-install-db", "--no-defaults", "--user=root", "--datadir=\(directory)/data", "--skip-test-db",
                "--auth-root-authentication-method=normal", "--innodb-log-file-size=16M",
            ],
            in: directory
        )
        return directory
    }
}

/// A private server couldn't be started or stopped.
package struct PrivateMariaDBError: Error, CustomStringConvertible {
    /// What went wrong, with what the server or the program said.
    package let description: String

    /// Makes an error that says this.
    package init(description: String) { self.description = description }
}
