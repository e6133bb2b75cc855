import Glibc
import MariaDB
import TestFleet
import Testing

/// Processes that end in the middle of a run on real wikis.
@Suite(.enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct LossTests {
    /// What is killed.
    enum Victim: CaseIterable { case worker, coordinator, both }

    /// A job sends a request a second, so that there is a middle of the run: eight jobs at once may share 480 a minute.
    private let slowly = ["politeness.site_in_flight": "8", "politeness.site_per_minute": "480"]
    private let soon = [
        "coordinator.heartbeat_seconds": "1", "coordinator.lease_seconds": "9", "coordinator.first_lease_seconds": "5",
    ]

    @Test(arguments: Victim.allCases) func killed(_ victim: Victim) async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly.merging(soon) { $1 }) { fleet in
            let coordinator = try await fleet.startCoordinator()
            let doomed = try await fleet.startWorker("doomed", slots: 3)
            _ = try await fleet.startWorker("heir", slots: 3)
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "doomed")
            if victim != .worker {
                coordinator.signal(SIGKILL)
                try await coordinator.wait(within: .seconds(5))
            }
            if victim != .coordinator {
                doomed.signal(SIGKILL)
                try await doomed.wait(within: .seconds(5))
            }
            if victim != .worker { _ = try await fleet.startCoordinator() }
            #expect(try await run.wait(within: .seconds(150)) == .exited(0))

            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            let events = try await fleet.eventCounts()
            // The coordinator that came after the one that was killed has never heard of the doomed worker.
            let name = victim == .both ? "unheard" : "lost"
            #expect((events[name] == nil) == (victim == .coordinator), "\(events)")
            #expect(events["failed_attempt"] == nil)
            #expect(events["quarantined"] == nil)
            let terms = try await fleet.number("SELECT COUNT(DISTINCT term) FROM job_events")
            #expect(terms == (victim == .worker ? 1 : 2))
            let counts = Dictionary(grouping: try farm.requests(agent: fleet.contact), by: \.wiki)
            for (wiki, requests) in counts { #expect(requests.mostInFlight == 1, "\(wiki)") }
        }
    }

    @Test func terminatedWorkerGivesItsJobsBack() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly.merging(soon) { $1 }) { fleet in
            _ = try await fleet.startCoordinator()
            let leaving = try await fleet.startWorker("leaving", slots: 3)
            _ = try await fleet.startWorker("staying", slots: 3)
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "leaving")
            leaving.signal(SIGTERM)
            // The grace time, which is a setting of its own.
            #expect(try await leaving.wait(within: .seconds(12)) == .exited(0))
            #expect(try await run.wait(within: .seconds(120)) == .exited(0))

            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            let events = try await fleet.eventCounts()
            #expect((events["released"] ?? 0) > 0)
            for name in ["lost", "unheard", "failed_attempt", "snoozed"] { #expect(events[name] == nil, "\(name)") }
            #expect(try await fleet.strings("SELECT state FROM workers WHERE name = 'leaving'") == ["left"])
        }
    }

    @Test func terminatedWorkerEndsInTimeWithoutACoordinator() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly.merging(soon) { $1 }) { fleet in
            let coordinator = try await fleet.startCoordinator()
            let leaving = try await fleet.startWorker("leaving", slots: 3)
            try await fleet.syncWikis(from: farm.wikisFile)
            _ = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "leaving")
            coordinator.signal(SIGKILL)
            try await coordinator.wait(within: .seconds(5))
            leaving.signal(SIGTERM)
            #expect(try await leaving.wait(within: .seconds(12)) == .exited(0))
        }
    }

    @Test func workerThatCannotWriteEndsAndBlamesNoJob() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly.merging(soon) { $1 }) { fleet in
            _ = try await fleet.startCoordinator()
            let unable = try await fleet.startWorker("unable", slots: 3)
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "unable")
            // As when a right is taken from its user.
            try await fleet.execute("RENAME TABLE modules TO modules_away")
            #expect(try await unable.wait(within: .seconds(60)) == .exited(1))
            #expect(unable.standardError.contains("perigee: the worker ends, to be started anew: the database: "))
            #expect((try await fleet.eventCounts())["failed"] == nil)
            try await fleet.execute("RENAME TABLE modules_away TO modules")
            _ = try await fleet.startWorker("able")
            #expect(try await run.wait(within: .seconds(120)) == .exited(0))
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
        }
    }

    @Test func frozenWorkerIsReplacedAndGoesOnLater() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly) { fleet in
            _ = try await fleet.startCoordinator()
            let frozen = try await fleet.startWorker("frozen", slots: 3)
            let heir = try await fleet.startWorker("heir", slots: 3)
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "frozen")
            frozen.signal(SIGSTOP)
            #expect(try await run.wait(within: .seconds(150)) == .exited(0))
            try await fleet.expectAllDone()
            #expect((try await fleet.eventCounts())["lost"] ?? 0 > 0)
            let counts = try await fleet.strings("SELECT CAST(counts AS CHAR) FROM jobs ORDER BY job_id")

            frozen.signal(SIGCONT)
            heir.signal(SIGTERM)
            #expect(try await heir.wait(within: .seconds(12)) == .exited(0))
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            // What it had in hand when it was frozen has come to nothing.
            let before = try await fleet.strings(
                "SELECT CAST(counts AS CHAR) FROM jobs ORDER BY job_id LIMIT \(counts.count)"
            )
            #expect(before == counts)
        }
    }
}
