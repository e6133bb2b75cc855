import Glibc
import MariaDB
import TestFleet
import Testing

/// Two coordinators, of which one works.
@Suite(.enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct StandbyTests {
    /// How the active coordinator ends.
    enum Ending: CaseIterable { case killed, stopped }

    /// A job sends a request a second, so that there is a middle of the run.
    private let settings = [
        "politeness.site_in_flight": "8", "politeness.site_per_minute": "480", "coordinator.heartbeat_seconds": "1",
    ]

    private func both(_ fleet: TestFleet) -> TestFleet.Settings {
        ["coordinator.address": "\(fleet.address),\(fleet.standbyAddress)"]
    }

    /// When a coordinator has granted something for the first time.
    private func firstGrant(term: Int, _ fleet: TestFleet) async throws -> Timestamp {
        try await eventually("term \(term) grants", within: .seconds(120)) {
            try await fleet.rows(
                "SELECT at FROM job_events WHERE event = 'granted' AND term = ? ORDER BY event_id LIMIT 1",
                [.int(Int64(term))]
            ).first?.decode("at")
        }
    }

    @Test(arguments: Ending.allCases) func standbyTakesOver(_ ending: Ending) async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(settings) { fleet in
            let active = try await fleet.startCoordinator()
            let standby = try await fleet.startStandby(["coordinator.listen": fleet.standbyAddress])
            // One with more to do than it can do at once, so that there is something to grant.
            _ = try await fleet.startWorker("worker", slots: 2, both(fleet))
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"], both(fleet))
            try await fleet.middle(of: "worker")
            #expect(try await fleet.number("SELECT term FROM coordinator_term") == 1)
            let end = Timestamp.now
            active.signal(ending == .killed ? SIGKILL : SIGTERM)
            let granted = try await firstGrant(term: 2, fleet)
            print("takeover: first grant \(end.duration(to: granted)) after the active coordinator was \(ending)")
            #expect(
                try await active.wait(within: .seconds(12))
                    == (ending == .killed ? .killed(signal: SIGKILL) : .exited(0))
            )
            try await fleet.perigee("health", settings: both(fleet)).succeeded()
            #expect(try await run.wait(within: .seconds(150)) == .exited(0))
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            let events = try await fleet.eventCounts()
            for name in ["lost", "unheard", "failed_attempt", "released"] { #expect(events[name] == nil, "\(name)") }
            // It was dialed at the other address by the same process all the time.
            #expect(try await fleet.number("SELECT COUNT(*) FROM workers") == 1)
            #expect(standby.ending == nil)
        }
    }

    @Test func frozenCoordinatorThatWakesChangesNothing() async throws {
        let farm = try #require(Farm.given)
        let quickly = settings.merging(["coordinator.takeover_seconds": "8"]) { $1 }
        try await TestFleet.with(quickly) { fleet in
            let frozen = try await fleet.startCoordinator()
            _ = try await fleet.startStandby(["coordinator.listen": fleet.standbyAddress])
            _ = try await fleet.startWorker("worker", slots: 2, both(fleet))
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"], both(fleet))
            try await fleet.middle(of: "worker")
            frozen.signal(SIGSTOP)
            let end = Timestamp.now
            let granted = try await firstGrant(term: 2, fleet)
            print("takeover: first grant \(end.duration(to: granted)) after the active coordinator was frozen")
            // In the middle of the work of the other, of which it knows nothing.
            let early = try await fleet.number("SELECT COUNT(*) FROM job_events WHERE term = 1")
            frozen.signal(SIGCONT)
            #expect(try await frozen.wait(within: .seconds(30)) == .exited(1))
            #expect(
                frozen.standardError.contains("perigee: another coordinator has taken over (term 2, this one had 1)")
            )
            // As its supervisor starts it anew.
            _ = try await fleet.startStandby()
            #expect(try await run.wait(within: .seconds(150)) == .exited(0))
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            #expect(try await fleet.number("SELECT COUNT(*) FROM job_events WHERE term = 1") == early)
            #expect(try await fleet.number("SELECT term FROM coordinator_term") == 2)
            let events = try await fleet.eventCounts()
            for name in ["lost", "failed_attempt"] { #expect(events[name] == nil, "\(name)") }
            let counts = Dictionary(grouping: try farm.requests(agent: fleet.contact), by: \.wiki)
            for (wiki, requests) in counts { #expect(requests.mostInFlight == 1, "\(wiki)") }
        }
    }
}
