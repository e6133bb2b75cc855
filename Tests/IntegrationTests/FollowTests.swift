import FoundationEssentials
import Glibc
import MariaDB
import TestFleet
import Testing
import WikiSimulator

/// Tables that follow a stream, on simulated wikis: the real ones of the farm have none.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FollowTests {
    private static let settings: TestFleet.Settings = [
        "changes.wait_seconds": "1", "coordinator.heartbeat_seconds": "1", "coordinator.lease_seconds": "4",
        "coordinator.first_lease_seconds": "3", "politeness.site_in_flight": "4",
    ]

    /// Runs `body` with wikis that were walked, and a job that follows their stream.
    private func following(
        streamSeconds: Int = 900,
        _ body: (TestFleet, WikiSimulator) async throws -> Void
    ) async throws {
        var settings = SimulatorSettings(Preset(bands: [.init(wikis: 12, pages: 40)]), seed: 5)
        settings.streamSeconds = streamSeconds
        let simulator = try await WikiSimulator.start(settings)
        try await TestFleet.with(Self.settings) { fleet in
            let list = "\(fleet.directory)/wikis.tsv"
            try Data(simulator.wikisFile().utf8).write(to: URL(filePath: list))
            _ = try await fleet.startCoordinator()
            for name in ["one", "two"] { _ = try await fleet.startWorker(name) }
            try await fleet.syncWikis(from: list)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            try await expectEqual(fleet, simulator)
            let stream = "http://127.0.0.1:\(simulator.port)/v2/stream/recentchange"
            try await fleet.perigee("run", "follow", "--url", stream).succeeded()
            // Before the first event there is nothing to go on from: all wikis are looked at with each connection.
            try await eventually("the stream has told something") {
                simulator.edit(count: 1)
                try await Task.sleep(for: .milliseconds(500))
                return try await fleet.number(
                    "SELECT COUNT(*) FROM checkpoints WHERE JSON_VALUE(state, '$.lastEventID') IS NOT NULL"
                ) > 0
            }
            try await isQuiet(fleet)
            try await body(fleet, simulator)
        }
        try await simulator.stop()
    }

    /// Waits until all that the stream has told is in the tables.
    private func isQuiet(_ fleet: TestFleet) async throws {
        try await eventually("nothing is left to look at", within: .seconds(120)) {
            try await fleet.number(
                """
                SELECT (SELECT COUNT(*) FROM wiki_changes) + (SELECT COUNT(*) FROM jobs WHERE kind = 'modules' AND active = 1)
                """
            ) == 0
        }
    }

    /// Waits until the stream was read up to a change, and all is in the tables.
    private func hasTold(_ last: Change?, _ fleet: TestFleet) async throws {
        let last = try #require(last)
        try await eventually("the stream was read up to the last change", within: .seconds(120)) {
            try await fleet.number(
                """
                SELECT IFNULL(CAST(JSON_VALUE(JSON_VALUE(checkpoints.state, '$.lastEventID'), '$[0].timestamp') AS SIGNED), 0)
                FROM checkpoints JOIN jobs USING (job_id) WHERE kind = 'follow'
                """
            ) > Int(last.time)
        }
        try await isQuiet(fleet)
    }

    private func expectEqual(
        _ fleet: TestFleet,
        _ simulator: WikiSimulator,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let wanted = (0..<simulator.family.count).flatMap { simulator.expectedPages(of: $0) }
            .map { $0.line.replacing(" ", with: "_") }.sorted()
        let found = try await fleet.rows(
            """
            SELECT m.dbname, page_id, title, lastrevid, content_model, m.length, IFNULL(LOWER(HEX(sha1)), '') AS sha1,
                is_redirect, IFNULL(no_source_reason, '') AS reason
            FROM modules m LEFT JOIN module_sources USING (sha256) WHERE deleted_at IS NULL
            """
        ).map { row in
            let title: [UInt8] = try row.decode("title")
            let fields: [String] = [
                try row.decode("dbname"), "\(try row.decode("page_id", as: UInt64.self))",
                String(decoding: title, as: UTF8.self),
                "\(try row.decode("lastrevid", as: UInt64.self))", try row.decode("content_model"),
                "\(try row.decode("length", as: Int.self))", try row.decode("sha1"),
                try row.decode("is_redirect", as: Bool.self) ? "1" : "0", try row.decode("reason"),
            ]
            return fields.joined(separator: "\t").replacing(" ", with: "_")
        }.sorted()
        let different = Set(found).symmetricDifference(wanted).sorted()
        #expect(different.isEmpty, "\(different.prefix(6))", sourceLocation: sourceLocation)
        #expect(found.count == wanted.count, sourceLocation: sourceLocation)
    }

    private func follower(_ fleet: TestFleet, but dead: Set<String>) async throws -> String {
        try await eventually("somebody follows") {
            try await fleet.strings(
                "SELECT name FROM jobs JOIN workers ON incarnation = jobs.worker WHERE kind = 'follow' AND jobs.state = 'leased'"
            ).first { !dead.contains($0) }
        }
    }

    @Test func killedFollowersLoseNothing() async throws {
        try await following(streamSeconds: 4) { fleet, simulator in
            var workers: [String: ChildProcess] = [:]
            for name in ["three", "four"] { workers[name] = try await fleet.startWorker(name) }
            var last: Change?
            var dead: Set<String> = []
            for round in 0..<4 {
                simulator.edit(count: 30, actions: EditAction.allCases)
                let name = try await follower(fleet, but: dead)
                dead.insert(name)
                if let worker = workers[name] {
                    worker.signal(SIGKILL)
                    try await worker.wait(within: .seconds(20))
                } else {
                    // Drained instead: it gives back at once.
                    try await fleet.perigee("workers", "drain", name, "--wait").succeeded()
                }
                workers["more-\(round)"] = try await fleet.startWorker("more-\(round)")
                last = simulator.edit(count: 30, actions: EditAction.allCases).last
            }
            try await hasTold(last, fleet)
            try await expectEqual(fleet, simulator)
            #expect(try await fleet.number("SELECT MAX(attempt) FROM jobs WHERE kind = 'follow'") >= 4)
            #expect(
                try await fleet.strings("SELECT state FROM jobs WHERE kind = 'modules' AND state <> 'done'").isEmpty
            )
            let status = try await fleet.perigee("status").succeeded().standardOutput
            #expect(status.contains("behind"))
        }
    }

    @Test func aMinuteOrSoAfterTheChange() async throws {
        try await following { fleet, simulator in
            simulator.forgetRequests()
            let told = simulator.edit(count: 3, wikis: [0, 1])
            try await hasTold(told.last, fleet)
            try await expectEqual(fleet, simulator)
            // The lists of changes, and the pages; of no other wiki.
            #expect(simulator.requests().filter { !$0.wiki.isEmpty }.count <= 3 * told.count)
            #expect(Set(simulator.requests().map(\.wiki)).subtracting([""]).count <= 2)
        }
    }
}
