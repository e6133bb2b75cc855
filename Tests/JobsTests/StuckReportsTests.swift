import MariaDB
import Testing

@testable import Jobs

/// Work that doesn't go on.
@Suite(.timeLimit(.minutes(3))) struct StuckReportsTests {
    private func worker(_ name: String, kinds: [JobKind]) -> WorkerRecord {
        WorkerRecord(
            incarnation: .random(),
            name: name,
            host: "h",
            processID: 1,
            software: "1",
            kinds: kinds,
            slots: 2
        )
    }

    @Test func readyJobsNeedAWorkerThatKnowsTheirKind() async throws {
        let test = try await TestStore.make()
        let reports = JobReports(test.pool)
        func stuck() async throws -> [StuckJobs] { try await reports.jobsWithoutWorker().map(\.jobs) }
        #expect(try await stuck() == [])
        let (_, jobs) = try await test.plan((0..<7).map { "wiki\($0)" })
        let first = StuckJobs(cause: "modules", count: 7, jobs: jobs.prefix(5).map(\.id))
        #expect(try await stuck() == [first])
        try await test.store.noteWorker(worker("w1", kinds: [.wikis]), at: .now)
        #expect(try await stuck() == [first])
        let able = worker("w2", kinds: [.wikis, .modules])
        try await test.store.noteWorker(able, at: .now)
        #expect(try await stuck() == [])
        for target in [Cordon.Target.worker("w2"), .host("h")] {
            try await test.store.cordonOff(
                Cordon(target: target, since: .now, requestedBy: "me", reason: "", deadline: nil)
            )
            #expect(try await stuck() == [first])
            #expect(try await reports.jobsWithoutWorker().map(\.drained) == [[target]])
            try await test.store.liftCordon(target)
        }
        #expect(try await stuck() == [])
        try await test.store.noteDeparture(of: [able.incarnation], lost: true, at: .now)
        #expect(try await stuck() == [first])
    }

    @Test func pausesAreCountedWithWhatWaitsForThem() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b", "c"])
        try await test.step(jobs[2], .granted(TestStore.holder))
        for target in [Pause.Target(.kind, "modules"), .init(.wiki, "b"), .init(.wiki, "z"), .init(.site, "a")] {
            let pause = Pause(target, until: nil, reason: "", pausedBy: "me", pausedAt: TestStore.now)
            try await test.store.notePause(pause)
        }
        let over = Pause(
            .init(.kind, "wikis"),
            until: Timestamp(microseconds: 1_600_000_000_000_000),
            reason: "",
            pausedBy: "me",
            pausedAt: TestStore.now
        )
        try await test.store.notePause(over)
        let found = try await JobReports(test.pool).pauses()
        #expect(found.map(\.pause.target.description) == ["kind:modules", "wiki:b", "wiki:z", "site:a"])
        #expect(found.map(\.waiting) == [2, 1, 0, 2])
    }

    @Test func snoozesCountSinceTheLastCheckpoint() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b", "c"])
        func snooze(_ job: Job, times: Int) async throws -> Job {
            var job = job
            for _ in 0..<times {
                job = try await test.step(
                    job,
                    .granted(TestStore.holder),
                    .released(reason: "HTTP 429", wait: .milliseconds(1))
                )
            }
            return job
        }
        let first = try await snooze(jobs[0], times: 20)
        _ = try await snooze(jobs[1], times: 19)
        let third = try await snooze(jobs[2], times: 20)
        let leased = try await test.step(third, .granted(TestStore.holder))
        let lease = try #require(leased.lease)
        // After all that was told of it.
        try await LeaseWriter(pool: test.pool, lease: lease).commit(
            Checkpoint(sequence: 1, state: "{}", itemsDone: 1, itemsExpected: 2),
            within: .seconds(10)
        ) { _ in }
        try await test.execute("UPDATE checkpoints SET written_at = '2037-01-01'")
        let found = try await JobReports(test.pool).snoozingJobs(times: 20)
        #expect(found == [StuckJobs(cause: "site:a", count: 1, jobs: [first.id])])
    }

    @Test func leasesOfWorkersThatAreGone() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b", "c"])
        let workers = [worker("w1", kinds: [.modules]), worker("w2", kinds: [.modules])]
        for worker in workers { try await test.store.noteWorker(worker, at: .now) }
        let holders = workers.map(\.incarnation) + [.random()]
        for (job, holder) in zip(jobs, holders) {
            try await test.step(job, .granted(Job.Holder(lease: .random(), worker: holder)))
        }
        try await test.store.noteDeparture(of: [workers[1].incarnation], lost: true, at: .now)
        let found = try await JobReports(test.pool).jobsOfLostWorkers()
        #expect(
            found == [
                StuckJobs(cause: "a worker that isn't known", count: 1, jobs: [jobs[2].id]),
                StuckJobs(cause: "w2", count: 1, jobs: [jobs[1].id]),
            ]
        )
    }

    @Test func runsThatAreHalfPlannedForLong() async throws {
        let test = try await TestStore.make()
        let old = try await test.store.createRun(TestStore.request(), at: Timestamp.now.advanced(by: .seconds(-300)))
        _ = try await test.store.createRun(TestStore.request(), at: .now)
        #expect(try await JobReports(test.pool).unplannedRuns(olderThan: 120) == [old])
    }
}
