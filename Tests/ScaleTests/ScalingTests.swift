import PrivateMariaDB
import TestFleet
import Testing

/// Workers join and leave while a run goes on: from one to many to few.
@Suite(.timeLimit(.minutes(5)))
struct ScalingTests {
    private static let most = 32
    private static let left = 4

    @Test func workersJoinAndLeaveUnderLoad() async throws {
        let wikis = try SlowWikis(200, modules: 40, delay: .seconds(1), listSize: 10)
        let server = try await PrivateMariaDB.start()
        let settings = [
            "coordinator.heartbeat_seconds": "1", "coordinator.lease_seconds": "8",
            "coordinator.first_lease_seconds": "6", "politeness.site_in_flight": "64",
        ]
        try await TestFleet.with(settings, on: server) { fleet in
            _ = try await fleet.startCoordinator()
            let crew = Crew(of: fleet) { 1 + $0 % 2 }
            try await crew.grow(to: 1)
            try await fleet.syncWikis(of: wikis)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await crew.untilAllHave("granted")
            try await crew.grow(to: Self.most)
            try await crew.untilAllHave("granted")
            // Slow until the last of them has begun, however long that takes.
            wikis.answer(after: .milliseconds(300))
            try await crew.untilAllHave("completed")
            #expect(try await fleet.number("SELECT COUNT(*) FROM jobs WHERE state = 'ready'") > 0)
            let killed = try await crew.shrink(to: Self.left)
            wikis.hurry()
            #expect(try await run.wait(within: .seconds(120)) == .exited(0))

            #expect(wikis.counts.crowded.isEmpty, "two requests at a time: \(wikis.counts.crowded)")
            #expect(try await fleet.disorders() == [])
            let events = try await fleet.eventCounts()
            let jobs = try await fleet.number("SELECT COUNT(*) FROM jobs")
            #expect(jobs == wikis.count + 1)
            #expect(events["completed"] == jobs)
            #expect(
                try await fleet.number("SELECT COUNT(DISTINCT job_id) FROM job_events WHERE event = 'completed'")
                    == jobs
            )
            for name in ["failed_attempt", "failed", "snoozed", "quarantined"] {
                #expect(events[name] == nil, "\(name)")
            }
            // Only those were lost who were killed.
            var lost = 0
            for worker in killed {
                for event in ["lost", "unheard"] { lost += try await fleet.events(event, of: worker) }
            }
            #expect(lost > 0 && lost == (events["lost"] ?? 0) + (events["unheard"] ?? 0))
            try await crew.end()
            let tables = try await ResultTables(of: fleet)
            #expect(tables.modules.count == wikis.count * wikis.modules)
            let differences = tables.differences(from: try await undisturbed(wikis), mayHaveMore: false)
            #expect(differences.isEmpty, "\(differences.prefix(5))")
        }
        try await server.stop()
    }

    /// What one worker makes of the wikis, to which nothing happens.
    private func undisturbed(_ wikis: SlowWikis) async throws -> ResultTables {
        var tables: ResultTables?
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("only", slots: 8)
            try await fleet.syncWikis(of: wikis)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            tables = try await ResultTables(of: fleet)
        }
        return try #require(tables)
    }
}
