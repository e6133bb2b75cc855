import Glibc
import RawServer
import TestFleet
import Testing

/// Addresses, certificates and secrets that don't go together.
@Suite(.timeLimit(.minutes(3)))
struct BadPeersTests {
    /// What commands and workers say of an address.
    private func expectUnreachable(_ fleet: TestFleet, _ settings: TestFleet.Settings, _ word: String) async throws {
        for (command, role) in [("health", Role.operator), ("worker", .worker)] {
            let output = try await fleet.perigee(command, as: role, settings: settings)
            expectComplaint(output, code: 69, settings["coordinator.address"] ?? fleet.address, word)
        }
    }

    @Test func nobodyListens() async throws {
        try await TestFleet.with { fleet in
            expectComplaint(try await fleet.perigee("health"), code: 69, fleet.address, "nothing listens there")
            let run = try await fleet.perigee("run", "modules")
            expectComplaint(run, code: 69, fleet.address, "nothing listens there")

            // A worker waits for its coordinator to come, but not for ever.
            let worker = try await fleet.startWorker("early")
            let coordinator = try await fleet.startCoordinator()
            try await eventually("the worker has registered") {
                try await fleet.strings("SELECT name FROM workers WHERE state = 'running'") == ["early"]
            }
            worker.signal(SIGTERM)
            #expect(try await worker.wait(within: .seconds(12)) == .exited(0))
            coordinator.signal(SIGTERM)
            #expect(try await coordinator.wait(within: .seconds(12)) == .exited(0))
            let lonely = try await fleet.perigee("worker", as: .worker, within: .seconds(60))
            expectComplaint(lonely, code: 69, fleet.address, "nothing listens there")
        }
    }

    @Test func severalAddresses() async throws {
        try await TestFleet.with { fleet in
            let both = "\(fleet.standbyAddress),\(fleet.address)"
            let nobody = try await fleet.perigee("health", settings: ["coordinator.address": both])
            expectComplaint(nobody, code: 69, fleet.address, fleet.standbyAddress, "nothing listens there")
            let coordinator = try await fleet.startCoordinator()
            for addresses in [both, "\(fleet.address), \(fleet.standbyAddress)"] {
                try await fleet.perigee("health", "--coordinator", addresses).succeeded()
                let status = try await fleet.perigee("status", "--coordinator", addresses).succeeded()
                #expect(status.standardOutput.contains("term 1"))
            }
            let empty = try await fleet.perigee("health", "--coordinator", "\(fleet.address),")
            expectComplaint(empty, "coordinator.address", "tls+tcp://HOST:PORT")
            #expect(coordinator.ending == nil)
        }
    }

    @Test func workerThatWaitsCanBeStopped() async throws {
        try await TestFleet.with { fleet in
            let worker = try await fleet.startWorker("early")
            // It has found nobody once: it isn't on its way there any more.
            try await eventually("the worker waits") { worker.standardError.contains("waiting for the coordinator") }
            worker.signal(SIGTERM)
            #expect(try await worker.wait(within: .seconds(10)) == .exited(0))
        }
    }

    @Test func somethingElseListens() async throws {
        // What web servers say to those who speak TLS to their plain port, and what many others say.
        let web = try RawServer { $0.respond("400 Bad Request") }
        let silent = try RawServer { $0.waitForClose() }
        try await TestFleet.with { fleet in
            let address = "tls+tcp://127.0.0.1:\(web.port)"
            try await expectUnreachable(fleet, ["coordinator.address": address], "handshake")
            let silence = ["coordinator.address": "tls+tcp://127.0.0.1:\(silent.port)"]
            expectComplaint(try await fleet.perigee("health", settings: silence), code: 69, "no complete handshake")
            let malformed = ["coordinator.address": "127.0.0.1:7410"]
            expectComplaint(
                try await fleet.perigee("health", settings: malformed),
                "127.0.0.1:7410",
                "tls+tcp://HOST:PORT"
            )
        }
    }

    @Test func secondCoordinatorOnOnePort() async throws {
        try await TestFleet.with { fleet in
            let first = try await fleet.startCoordinator()
            let second = try await fleet.perigee("coordinator", as: .coordinator)
            expectComplaint(second, fleet.address, "another process listens there")
            // It has changed nothing: the first one still has the term, and plans what it's asked.
            expectComplaint(try await fleet.perigee("run", "modules"), "perigee wikis sync")
            #expect(try await fleet.number("SELECT term FROM coordinator_term") == 1)
            #expect(first.ending == nil)
        }
    }

    @Test func certificates() async throws {
        let credentials = try await Credentials.shared
        let foreign = try await Credentials.foreign
        try await credentials.issueExpired(.coordinator, name: "expired")
        try await TestFleet.with { fleet in
            let expired = [
                "tls.certificate": credentials.certificate(of: "expired"), "tls.key": credentials.key(of: "expired"),
            ]
            let coordinator = try await fleet.perigee("coordinator", as: .coordinator, settings: expired)
            expectComplaint(coordinator, "expired.crt expired at", "issue a new one")
            _ = try await fleet.startCoordinator()
            try await expectUnreachable(fleet, ["tls.ca": foreign.authority], "CA")
            try await expectUnreachable(fleet, ["tls.server_name": "somewhere-else"], "server name")
            for role in [Role.operator, .worker] {
                let command = role == .worker ? "worker" : "health"
                let output = try await fleet.perigee(command, as: role, settings: expired)
                expectComplaint(output, "expired.crt expired at", "issue a new one")
            }
            let stranger = [
                "tls.certificate": foreign.certificate(of: "worker"), "tls.key": foreign.key(of: "worker"),
            ]
            try await expectUnreachable(fleet, stranger, "certificate")
            let missing = try await fleet.perigee("health", settings: ["tls.certificate": "/nothing.crt"])
            expectComplaint(missing, "/nothing.crt")
            // It is as it was.
            try await fleet.perigee("health").succeeded()
        }
    }

    @Test func secrets() async throws {
        let credentials = try await Credentials.shared
        let foreign = try await Credentials.foreign
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            for (role, command) in [(Role.worker, "worker"), (.operator, "run")] {
                let arguments = command == "run" ? ["run", "modules"] : [command]
                let wrong = ["secrets.\(role.rawValue)": foreign.secret(of: role)]
                let output = try await fleet.perigee(arguments, as: role, settings: wrong)
                expectComplaint(output, "secret")
            }
            let asOperator = ["secrets.operator": credentials.secret(of: .worker)]
            expectComplaint(try await fleet.perigee("run", "modules", settings: asOperator), "secret", "operators")
            let asWorker = ["secrets.worker": credentials.secret(of: .operator)]
            expectComplaint(try await fleet.perigee("worker", as: .worker, settings: asWorker), "secret", "operators")
            #expect(try await fleet.number("SELECT COUNT(*) FROM workers") == 0)
        }
    }

    @Test func unknownNames() async throws {
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            expectComplaint(try await fleet.perigee("run", "module"), code: 64, "\"module\"", "did you mean modules?")
            expectComplaint(try await fleet.perigee("run", "modules"), "perigee wikis sync")
            expectComplaint(try await fleet.perigee("run", "modules", "--wikis", "enwki"), "enwki")
            expectComplaint(try await fleet.perigee("wikis", "sync", "--from", "apy"), "apy")
            #expect(try await fleet.number("SELECT COUNT(*) FROM runs") == 0)
        }
    }

    /// Wikis that aren't there, and one that is: each at its own path of a server that is none of MediaWiki's.
    @Test func wikisThatAreNone() async throws {
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                if request.target.hasPrefix("/html") {
                    connection.respond(headers: ["Content-Type: text/html"], body: Array("<h1>It works!</h1>".utf8))
                } else {
                    connection.respond("404 Not Found", body: Array("<h1>Not found</h1>".utf8))
                }
            }
        }
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("one")
            let file = "\(fleet.directory)/wikis.tsv"
            let lines = ["html", "gone"].map { "\($0)wiki\t\(server.url)/\($0)\ten\twikipedia\t0\n" }
            try writePrivately("dbname\turl\tlang\tfamily\tclosed\n\(lines.joined())", to: file)
            try await fleet.perigee("wikis", "sync", "--from", file).succeeded()
            let run = try await fleet.perigee("run", "modules", "--wait")
            expectComplaint(run, "run 2 failed")
            let api = try await fleet.perigee("wikis", "sync", "--from", "api", "--url", "\(server.url)/html")
            expectComplaint(api, "run 3 failed")
            let reason = try await fleet.strings("SELECT last_error FROM jobs WHERE run_id = 3").first ?? ""
            #expect(reason.contains("It works!"), "\(reason)")
            let errors = try await fleet.strings(
                "SELECT CONCAT(wiki, ' ', attempt, ' ', last_error) FROM jobs WHERE run_id = 2 ORDER BY wiki"
            )
            #expect(errors.count == 2)
            #expect(
                errors.first?.hasPrefix("gonewiki 1 ") == true && errors.first?.contains("404") == true,
                "\(errors)"
            )
            #expect(errors.last?.hasPrefix("htmlwiki 1 ") == true && errors.last?.contains("It works!") == true)
        }
    }
}
