import FoundationEssentials
import Glibc
import MariaDB
import PrivateMariaDB
import TCPForwarder
import TestFleet
import Testing

/// From the environment: see `ops/chaos`.
private enum ChaosOptions {
    /// The first twelve faults of this one are of eleven kinds, those that matter most amongst them.
    static let seed = UInt64(option("CHAOS_SEED") ?? 1089)
    static let faults = option("CHAOS_FAULTS") ?? 12
    /// No fault begins after so long.
    static let limit = option("CHAOS_MINUTES").map { Duration.seconds($0 * 60) }
    /// In minutes, all in all.
    static let patience = 5 + faults / 6

    private static func option(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
}

/// Processes and their database are ended, frozen and cut off at random moments of runs on real wikis that are edited
/// meanwhile. After that the tables are those of a fleet to which nothing has happened.
///
/// ``ChaosOptions`` say which faults, and how many.
@Suite(.enabled(if: Farm.given != nil, "\(Farm.hint)"), .timeLimit(.minutes(ChaosOptions.patience)))
struct ChaosTests {
    @Test func scheduleFollowsFromItsSeed() {
        func schedule(_ seed: UInt64, _ count: Int) -> [Fault] {
            Fault.schedule(seed: seed, count: count, workers: Chaos.workers)
        }
        #expect(schedule(7, 200) == schedule(7, 200))
        #expect(schedule(7, 200).prefix(50).elementsEqual(schedule(7, 50)))
        #expect(schedule(7, 200) != schedule(8, 200))
        #expect(Set(schedule(7, 20).map(\.kind)) == Set(Fault.Kind.allCases))
    }

    @Test func tablesAreThoseOfAFleetToWhichNothingHappened() async throws {
        let farm = try await Farm.own
        let disk = try await SmallDisk.make(megabytes: 256)
        let server = try await PrivateMariaDB.start(DatabaseFaults.options(on: disk))
        let forwarder = try TCPForwarder(to: server.port)
        defer { forwarder.close() }
        let settings = Chaos.settings.merging(["database.port": "\(forwarder.port)"]) { $1 }
        try await TestFleet.with(settings, on: server) { fleet in
            let database = DatabaseFaults(server: server, forwarder: forwarder, disk: disk)
            let began = ContinuousClock.now
            let workload = Workload(fleet, on: farm, seed: ChaosOptions.seed)
            let chaos = try await Chaos(fleet, database, workload)
            try await fleet.syncWikis(from: farm.wikisFile)
            await workload.begin()
            var schedule = Fault.schedule(seed: ChaosOptions.seed, count: ChaosOptions.faults, workers: Chaos.workers)
            if disk == nil { schedule.removeAll { $0.kind == .databaseFull } }
            try await chaos.run(schedule, until: ChaosOptions.limit.map { began + $0 })
            let duration = ContinuousClock.now - began
            try await workload.end()
            try await settle(fleet)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            try await chaos.end()

            let record = await chaos.outcome()
            let tables = try await ResultTables(of: fleet)
            var differences = try await fleet.disorders()
            differences += tables.differences(from: try await undisturbed(farm))
            differences += tables.strangers(amongst: try await revisions(farm))
            let (harvest, truth) = (try await fleet.harvest(), try await farm.truth())
            differences += Set(harvest.keys).union(truth.keys).filter { harvest[$0] != truth[$0] }
                .map { "\($0) isn't as the wiki has it" }
            let report = try await report(fleet, workload, record, tables, differences.count, duration)
            print(report.text)
            if disk == nil { print("  disk full: SKIPPED, since only root can mount a small disk") }
            for problem in (differences + record.misdeeds + (try await contradictions(fleet))).prefix(20) {
                Issue.record("\(problem)")
            }
            #expect(record.missed.count * 10 <= schedule.count, "\(record.missed)")
            #expect(!truth.isEmpty && tables.modules.count == truth.count)
        }
        try await server.stop()
    }

    /// Waits until all that was asked for has been done: nothing is stuck.
    private func settle(_ fleet: TestFleet) async throws {
        do {
            try await eventually("all jobs and runs have ended", within: .seconds(120)) {
                let active = try await fleet.activeJobs()
                let open = try await fleet.number("SELECT COUNT(*) FROM runs WHERE finished_at IS NULL")
                return active == 0 && open == 0
            }
        } catch {
            let jobs = try await fleet.perigee("jobs", "list", "--output", "jsonl").standardOutput
            let stuck = jobs.split(separator: "\n").filter { !$0.contains("\"state\":\"done\"") }
            throw FleetError("\(error)\n\(stuck.joined(separator: "\n"))")
        }
    }

    /// What a fleet has that has only seen the wikis as they are now.
    private func undisturbed(_ farm: Farm) async throws -> ResultTables {
        var tables: ResultTables?
        try await TestFleet.with { fleet in
            _ = try await fleet.startCoordinator()
            _ = try await fleet.startWorker("only", slots: 8)
            try await fleet.syncWikis(from: farm.wikisFile)
            try await fleet.perigee("run", "modules", "--wait").succeeded()
            tables = try await ResultTables(of: fleet)
        }
        return try #require(tables)
    }

    /// The revisions that each wiki has or had.
    private func revisions(_ farm: Farm) async throws -> [String: Set<String>] {
        var revisions: [String: Set<String>] = [:]
        for wiki in try farm.wikis() {
            revisions[wiki] = Set(
                try await farm.strings("SELECT rev_id FROM revision UNION SELECT ar_rev_id FROM archive", on: wiki)
            )
        }
        return revisions
    }

    /// What makes no sense in what `jobs show` tells of the jobs, each of them.
    private func contradictions(_ fleet: TestFleet) async throws -> [String] {
        var found: [String] = []
        for job in try await fleet.rows("SELECT job_id FROM jobs ORDER BY job_id") {
            let id: Int = try job.decode("job_id")
            let output = try await fleet.perigee("jobs", "show", "\(id)", "--output", "json").succeeded()
            let story = try JSONDecoder().decode(Story.self, from: Data(output.standardOutput.utf8))
            found += story.contradictions
        }
        return found
    }

    private func report(
        _ fleet: TestFleet,
        _ workload: Workload,
        _ record: Chaos.Record,
        _ tables: ResultTables,
        _ differences: Int,
        _ duration: Duration
    ) async throws -> ChaosReport {
        let runs = await workload.runs
        return ChaosReport(
            seed: ChaosOptions.seed,
            duration: duration,
            record: record,
            runs: runs.taken,
            unansweredRuns: runs.refused,
            edits: await workload.edits,
            events: try await fleet.counts("SELECT event, COUNT(*) FROM job_events GROUP BY event"),
            states: try await fleet.counts("SELECT state, COUNT(*) FROM jobs GROUP BY state"),
            terms: try await fleet.number("SELECT term FROM coordinator_term"),
            log: try LogCounts(of: fleet),
            rows: tables,
            differences: differences
        )
    }
}

extension TestFleet {
    /// Makes the table of wikis, as soon as there is a coordinator.
    fileprivate func syncWikis(from list: String) async throws {
        try await eventually("the coordinator answers") { try await self.perigee("health").code == 0 }
        try await perigee("wikis", "sync", "--from", list).succeeded()
    }

    fileprivate func counts(_ sql: String) async throws -> [String: Int] {
        Dictionary(
            try await rows(sql).map { (try $0.decode(at: 0), try $0.decode(at: 1)) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
