import Glibc
import MariaDB
import TestFleet
import Testing

/// Workers that are taken out of service in the middle of a run.
@Suite(.enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(5)))
struct DrainTests {
    /// A job sends a request a second, so that there is a middle of the run.
    private let slowly = [
        "politeness.site_in_flight": "8", "politeness.site_per_minute": "480", "coordinator.heartbeat_seconds": "1",
    ]

    /// The field of a worker's row in `workers list`.
    private func listed(_ field: String, of worker: String, _ fleet: TestFleet) async throws -> [String] {
        let output = try await fleet.perigee("workers", "list", "--output", "tsv").succeeded().standardOutput
        let rows = output.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        let column = try #require(rows.first?.firstIndex { $0 == field })
        return rows.dropFirst().filter { $0[0] == worker }.map { String($0[column]) }
    }

    @Test func drainedWorkerFinishesAndItsSuccessorWaits() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly) { fleet in
            _ = try await fleet.startCoordinator()
            let drained = try await fleet.startWorker("drained", slots: 2)
            let staying = try await fleet.startWorker("staying", slots: 2)
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "drained")
            let drain = try await fleet.perigee("workers", "drain", "drained", "--reason", "new kernel", "--wait")
            try drain.succeeded()
            #expect(drain.standardOutput.hasSuffix("worker drained: drained\n"))
            #expect(try await drained.wait(within: .seconds(20)) == .exited(0))
            #expect(drained.standardError.contains("the worker finishes its jobs and leaves"))
            #expect(try await listed("state", of: "drained", fleet) == ["drained"])
            #expect(try await listed("reason", of: "drained", fleet) == ["new kernel"])

            let successor = try await fleet.startWorker("drained", slots: 2)
            try await eventually("the successor says why it waits") {
                successor.standardError.contains("the worker stays idle until it is resumed")
                    && successor.standardError.contains("new kernel")
            }
            #expect(try await listed("state", of: "drained", fleet).sorted() == ["cordoned", "drained"])
            #expect(try await run.wait(within: .seconds(150)) == .exited(0))
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
            let events = try await fleet.eventCounts()
            for name in ["lost", "unheard", "failed_attempt", "released"] { #expect(events[name] == nil, "\(name)") }
            let granted = "SELECT COUNT(*) FROM job_events JOIN workers ON incarnation = worker WHERE pid = ?"
            #expect(try await fleet.number(granted, [.int(Int64(successor.id))]) == 0)

            try await fleet.perigee("workers", "resume", "drained").succeeded()
            try await eventually("the successor works") { successor.standardError.contains("the worker works again") }
            staying.signal(SIGTERM)
            #expect(try await staying.wait(within: .seconds(12)) == .exited(0))
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            #expect(try await fleet.number(granted, [.int(Int64(successor.id))]) > 0)
            #expect(successor.ending == nil)
            let again = try await fleet.perigee("workers", "resume", "drained")
            expectComplaint(again, "worker drained is not drained", "perigee workers list")
        }
    }

    @Test func deadlineGivesJobsBackAtTheirCheckpoint() async throws {
        let farm = try #require(Farm.given)
        try await TestFleet.with(slowly) { fleet in
            _ = try await fleet.startCoordinator()
            let leaving = try await fleet.startWorker("leaving", slots: 3)
            try await fleet.syncWikis(from: farm.wikisFile)
            let run = try await fleet.start(["run", "modules", "--wait"])
            try await fleet.middle(of: "leaving")
            let host = try await listed("host", of: "leaving", fleet)[0]
            try await fleet.perigee("workers", "drain", "--host", host, "--deadline", "1s", "--wait").succeeded()
            #expect(try await leaving.wait(within: .seconds(20)) == .exited(0))
            let events = try await fleet.eventCounts()
            #expect((events["released"] ?? 0) > 0)
            for name in ["lost", "unheard", "failed_attempt"] { #expect(events[name] == nil, "\(name)") }
            #expect(try await fleet.number("SELECT COUNT(*) FROM jobs WHERE state = 'leased'") == 0)
            try await fleet.perigee("workers", "resume", "--host", host).succeeded()
            _ = try await fleet.startWorker("next")
            #expect(try await run.wait(within: .seconds(150)) == .exited(0))
            try await fleet.expectHarvest(equals: try await farm.truth())
            try await fleet.expectAllDone()
        }
    }

    @Test func commandsThatMakeNoSense() async throws {
        try await TestFleet.with { fleet in
            for arguments in [
                ["drain"], ["drain", "a", "--host", "b"], ["drain", "a", "--deadline", "soon"],
                ["drain", "a", "--deadline", "0s"], ["resume"],
            ] {
                #expect(try await fleet.perigee(["workers"] + arguments).code == 64, "\(arguments)")
            }
            _ = try await fleet.startCoordinator()
            expectComplaint(try await fleet.perigee("workers", "drain", "two words"), "a worker's name has")
            let nobody = try await fleet.perigee("workers", "drain", "nobody", "--wait").succeeded()
            #expect(nobody.standardOutput.hasPrefix("worker nobody: none runs now"))
        }
    }
}
