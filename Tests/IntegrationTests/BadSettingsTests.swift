import FoundationEssentials
import MariaDB
import TestFleet
import Testing

/// Settings, credentials and schemas that can't be worked with. Nothing else has to run for these.
@Suite(.timeLimit(.minutes(3)))
struct BadSettingsTests {
    @Test func optionFiles() async throws {
        try await TestFleet.with { fleet in
            let missing = ["database.defaults_file": "\(fleet.directory)/nothing.cnf"]
            expectComplaint(try await fleet.perigee("migrate", settings: missing), "nothing.cnf")

            let wrong = "\(fleet.directory)/wrong.cnf"
            try writePrivately("[client]\nuser = tester\npassword = not-this-one\n", to: wrong)
            for command in ["migrate", "coordinator", "worker"] {
                let output = try await fleet.perigee(
                    command,
                    as: command == "coordinator" ? .coordinator : .worker,
                    settings: ["database.defaults_file": wrong]
                )
                expectComplaint(output, "tester", "1045")
                #expect(!output.standardError.contains("not-this-one"))
            }

            let open = "\(fleet.directory)/open.cnf"
            try writePrivately("[client]\nuser = tester\npassword = x\n", to: open, mode: 0o644)
            let output = try await fleet.perigee("migrate", settings: ["database.defaults_file": open])
            expectComplaint(output, "open.cnf", "chmod 600")
        }
    }

    @Test func databaseThatIsNotThere() async throws {
        try await TestFleet.with { fleet in
            let elsewhere = ["database.port": "1"]
            expectComplaint(try await fleet.perigee("migrate", settings: elsewhere), code: 69, "127.0.0.1", "2002")
            let output = try await fleet.perigee("coordinator", as: .coordinator, settings: elsewhere)
            expectComplaint(output, code: 69, "127.0.0.1", "2002")
        }
    }

    @Test func schemas() async throws {
        try await TestFleet.with(isMigrated: false) { fleet in
            for role in [Role.coordinator, .worker] {
                expectComplaint(try await fleet.perigee(role.rawValue, as: role), "perigee migrate")
            }
            try await fleet.perigee("migrate").succeeded()
            // As a migration that has only begun, or an older version, leaves it.
            try await fleet.execute("UPDATE schema_migrations SET applied_at = NULL ORDER BY number DESC LIMIT 1")
            for role in [Role.coordinator, .worker] {
                expectComplaint(try await fleet.perigee(role.rawValue, as: role), "perigee migrate")
            }
            // As a newer version leaves it.
            try await fleet.execute(
                """
                INSERT INTO schema_migrations (number, name, checksum, oldest_binary, done, started_at, applied_at)
                SELECT 1000, 'later', checksum, 1000, done, started_at, UTC_TIMESTAMP() FROM schema_migrations LIMIT 1
                """
            )
            for role in [Role.coordinator, .worker] {
                expectComplaint(try await fleet.perigee(role.rawValue, as: role), "1000", "newer")
            }
            expectComplaint(try await fleet.perigee("migrate"), "1000")
        }
    }

    @Test func secretFiles() async throws {
        try await TestFleet.with { fleet in
            let open = "\(fleet.directory)/open.secret"
            try writePrivately("0123456789abcdef0123456789abcdef\n", to: open, mode: 0o640)
            let output = try await fleet.perigee("run", "modules", settings: ["secrets.operator": open])
            expectComplaint(output, "open.secret", "chmod 600")
            let missing = try await fleet.perigee("run", "modules", settings: ["secrets.operator": "/nothing.secret"])
            expectComplaint(missing, "/nothing.secret", "No such file")
            let unset = try await fleet.perigee("run", "modules", settings: ["secrets.operator": ""])
            expectComplaint(unset, "secrets.operator is not set", "PERIGEE_SECRETS_OPERATOR")
        }
    }

    @Test func unknownSettings() async throws {
        try await TestFleet.with { fleet in
            let inFile = try await fleet.perigee("health", settings: ["database.hots": "x"])
            expectComplaint(inFile, "database.hots", "did you mean database.host?")
            let links = ["PERIGEE_COORDINATOR_PORT_7410_TCP_ADDR": "10.1.2.3", "PERIGEE_DB_SERVICE_HOST": "10.1.2.4"]
            let linked = try await fleet.perigee("health", environment: links)
            expectComplaint(linked, code: 69, "nothing listens there")
            let port = try await fleet.perigee("migrate", settings: ["database.host": ""])
            expectComplaint(port, "database.port is set without database.host")
            let section = try await fleet.perigee("health", settings: ["coordinators.listen": "x"])
            expectComplaint(section, "coordinators.listen", "did you mean coordinator.listen?")
            let inEnvironment = try await fleet.perigee("health", environment: ["PERIGEE_LOG_LEVL": "info"])
            expectComplaint(inEnvironment, "PERIGEE_LOG_LEVL", "did you mean PERIGEE_LOG_LEVEL?")
            let level = try await fleet.perigee("health", environment: ["PERIGEE_LOG_LEVEL": "loud"])
            expectComplaint(level, "log.level", "loud", "warning")
            let slots = try await fleet.perigee("worker", "--slots", "0", as: .worker)
            expectComplaint(slots, "worker.slots", "256")
            let file = try await fleet.perigee("health", environment: ["PERIGEE_CONFIG": "x"])
            #expect(file.code == 69, "a flag wins over the environment")
            let usage = try await fleet.perigee("run", "modules", "--wikkis", "x")
            #expect(usage.code == 64)
        }
    }

    @Test(arguments: [
        (
            "enwiki\thttps://en.wikipedia.org/w\ten\twikipedia\t0\nenwiki\thttps://x.org/w\ten\twikipedia\t0\n",
            ["line 3", "enwiki"]
        ),
        ("enwiki\thttps://en.wikipedia.org/w\ten\twikipedia\n", ["line 2"]),
        ("enwiki\tnowhere\ten\twikipedia\t0\nde wiki\thttps://x.org/w\tde\twikipedia\t0\n", ["line 2", "line 3"]),
        ("", []),
    ])
    func listsOfWikis(_ lines: String, _ words: [String]) async throws {
        try await TestFleet.with { fleet in
            let file = "\(fleet.directory)/wikis.tsv"
            try writePrivately("dbname\turl\tlang\tfamily\tclosed\n\(lines)", to: file)
            let output = try await fleet.perigee("wikis", "sync", "--from", file)
            expectComplaint(output, "wikis.tsv")
            for word in words { #expect(output.complaints.first?.contains(word) == true, "\(output.complaints)") }
            #expect(try await fleet.number("SELECT COUNT(*) FROM runs") == 0)
        }
    }
}
