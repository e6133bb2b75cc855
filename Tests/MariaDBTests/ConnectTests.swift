import Glibc
import MariaDB
import PrivateMariaDB
import Testing

/// What goes wrong before the first statement: each in one clear line without secrets.
@Suite(.timeLimit(.minutes(2))) struct ConnectTests {
    private func failure(_ settings: ConnectionSettings) async -> String {
        do {
            let connection = try await Connection.open(settings)
            await connection.close()
            return "connected"
        } catch {
            #expect(!"\(error)".contains("\n"))
            return "\(error)"
        }
    }

    @Test func wrongPassword() async throws {
        let server = try await PrivateMariaDB.shared
        let file = try server.writeOptionFile("wrong.cnf", user: "tester", password: "open-sesame")
        let text = await failure(ConnectionSettings(optionFile: file, endpoint: server.endpoint))
        #expect(text.contains("database error 1045 (28000, setup) in \"connect\""))
        #expect(!text.contains("open-sesame"))
    }

    @Test func optionFileThatIsNone() async throws {
        let server = try await PrivateMariaDB.shared
        #expect(await failure(ConnectionSettings(optionFile: "/nowhere/client.cnf")).contains("doesn't exist"))
        #expect(await failure(ConnectionSettings(optionFile: "/")).contains("no regular file"))
        let file = try server.writeOptionFile("open.cnf", user: "tester", password: "open-sesame")
        chmod(file, 0o640)
        let text = await failure(ConnectionSettings(optionFile: file, endpoint: server.endpoint))
        #expect(text.contains("mode 0640") && text.contains("chmod 600"))
        #expect(!text.contains("open-sesame"))
    }

    @Test func unknownDatabase() async throws {
        let server = try await PrivateMariaDB.shared
        var settings = try await server.makeDatabase()
        settings.database = "test_absent"
        #expect(await failure(settings).contains("1049"))
    }

    @Test func nobodyListens() async throws {
        let server = try await PrivateMariaDB.shared
        let tcp = ConnectionSettings(optionFile: server.optionFilePath, endpoint: .tcp(host: "127.0.0.1", port: 1))
        #expect(await failure(tcp).contains("reconnect"))
        let socket = ConnectionSettings(optionFile: server.optionFilePath, endpoint: .unixSocket("/nowhere/socket"))
        #expect(await failure(socket).contains("reconnect"))
    }

    @Test func bothEndpointsAndTLSModes() async throws {
        let server = try await PrivateMariaDB.shared
        let modes: [(ConnectionSettings.TLS, encrypted: Bool)] = [
            (.off, false), (.preferred, true), (.required(authority: server.authorityPath), true),
        ]
        for (mode, encrypted) in modes {
            for host in ["127.0.0.1", "localhost"] {
                var settings = try await server.makeDatabase()
                settings.endpoint = .tcp(host: host, port: server.port)
                settings.tls = mode
                let connection = try await Connection.open(settings)
                let row = try await connection.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0]
                #expect(try row.decode(at: 1, as: String.self).isEmpty != encrypted, "\(mode), \(host)")
            }
        }
        var settings = try await server.makeDatabase()
        settings.endpoint = .unixSocket(server.socketPath)
        #expect(await failure(settings) == "connected")
    }

    @Test func serverThatNeedsTLS() async throws {
        let server = try await PrivateMariaDB.shared
        let administration = try await Connection.open(server.administration)
        try await administration.execute("CREATE USER encrypted@'%' IDENTIFIED BY 'pass' REQUIRE SSL")
        let file = try server.writeOptionFile("encrypted.cnf", user: "encrypted", password: "pass")
        #expect(await failure(ConnectionSettings(optionFile: file, endpoint: server.endpoint)).contains("1045"))
        let tls = ConnectionSettings.TLS.required(authority: server.authorityPath)
        #expect(await failure(ConnectionSettings(optionFile: file, endpoint: server.endpoint, tls: tls)) == "connected")
    }

    @Test func certificateThatDoesNotFit() async throws {
        let server = try await PrivateMariaDB.shared
        var settings = try await server.makeDatabase()
        var options = PrivateMariaDB.Options()
        options.tls = true
        // An address that the certificate doesn't have.
        options.arguments = ["--bind-address=127.0.0.2"]
        let other = try await PrivateMariaDB.start(options)
        // Another authority of the same name.
        settings.tls = .required(authority: other.authorityPath)
        #expect(await failure(settings).contains("2026"))
        settings = try await other.makeDatabase()
        settings.endpoint = .tcp(host: "127.0.0.2", port: other.port)
        #expect(await failure(settings) == "connected")
        settings.tls = .required(authority: other.authorityPath)
        #expect(await failure(settings).contains("2026"))
        try await other.stop()
    }

    @Test func serverWithoutTLS() async throws {
        let server = try await PrivateMariaDB.start()
        var settings = try await server.makeDatabase()
        settings.tls = .preferred
        #expect(await failure(settings) == "connected")
        settings.tls = .required(authority: try await PrivateMariaDB.shared.authorityPath)
        #expect(await failure(settings).contains("2026"))
        try await server.stop()
    }

    @Test func localFilesAreNotRead() async throws {
        let server = try await PrivateMariaDB.shared
        let file = try server.writeOptionFile("infile.cnf", user: "root", password: "\nlocal-infile=1\nreconnect=1")
        let settings = ConnectionSettings(optionFile: file, endpoint: .unixSocket(server.socketPath))
        let connection = try await Connection.open(settings)
        try await connection.execute("CREATE TEMPORARY TABLE mysql.t (line TEXT)")
        await #expect(throws: MariaDBError.self) {
            try await connection.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE mysql.t")
        }
    }
}
