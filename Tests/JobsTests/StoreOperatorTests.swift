import MariaDB
import Testing

@testable import Jobs

/// What operators change in the tables.
@Suite(.timeLimit(.minutes(3))) struct StoreOperatorTests {
    private let now = TestStore.now
    private let holder = TestStore.holder

    @Test func retriedJobOpensItsRunsAgain() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a", "b"])
        let (second, _) = try await test.plan(["a"])
        let failed = try await test.step(jobs[0], .granted(holder), .failed(message: "no", permanent: true))
        try await test.step(jobs[1], .granted(TestStore.holder), .completed(counts: [:]))
        #expect(try await [test.state(first), test.state(second)] == ["failed", "failed"])
        let again = try await test.step(failed, .retried(reason: "by me: try", waits: false))
        #expect(try await test.store.jobs([again.id]) == [again])
        #expect(try await [test.state(first), test.state(second)] == ["active", "active"])
        try await test.step(again, .granted(TestStore.holder), .completed(counts: [:]))
        #expect(try await [test.state(first), test.state(second)] == ["done", "done"])
        let details = try await test.rows("SELECT detail FROM job_events WHERE event = 'retried'")
        #expect(try details.map { try $0.decode("detail") } == ["by me: try"])
    }

    @Test func runThatWasNeverPlannedWholeCanGoOn() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let failed = try await test.step(job, .granted(holder), .failed(message: "no", permanent: true))
        try await test.execute("UPDATE runs SET planned_at = NULL")
        try await test.step(failed, .retried(reason: "by me", waits: false))
        #expect(try await test.state(job.run) == "active")
    }

    @Test func cancelledRunDropsItsJoins() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a", "b"])
        let (second, _) = try await test.plan(["b", "c"])
        try await test.store.cancel(second, at: now)
        try await test.store.cancel(second, at: now)
        #expect(try await test.state(second) == "cancelled")
        #expect(try await test.store.state(of: second) == "cancelled")
        #expect(try await test.store.state(of: RunID(rawValue: 99)) == nil)
        // What it has joined is of a run that goes on.
        let own = try await test.store.activeJobs(ofCancelled: second)
        #expect(own.jobs.map(\.wiki) == ["c"])
        #expect(own.joined == [])
        #expect(try await test.store.dropJoins(of: second) == 1)
        #expect(try await test.store.dropJoins(of: second) == 0)
        #expect(try await test.count("run_joins") == 0)
        try await test.store.cancel(first, at: now)
        let other = try await test.store.activeJobs(ofCancelled: first)
        #expect(other.jobs == jobs)
        #expect(other.joined == [])
    }

    @Test func jobsOfCancelledRunsAreLeftToThoseThatHaveJoinedThem() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a", "b", "c"])
        let (second, more) = try await test.plan(["b", "c", "d"])
        let (third, _) = try await test.plan(["c"])
        try await test.store.cancel(first, at: now)
        #expect(try await test.store.activeJobs(ofCancelled: first).joined == [jobs[1].id, jobs[2].id])
        try await test.store.cancel(second, at: now)
        #expect(try await test.store.activeJobs(ofCancelled: first).joined == [jobs[2].id])
        let left = try await test.store.activeJobs(ofCancelled: second)
        #expect(left.jobs == [jobs[1], jobs[2]] + more)
        #expect(left.joined == [jobs[2].id])
        try await test.store.cancel(third, at: now)
        let last = try await test.store.activeJobs(ofCancelled: third)
        #expect(last.jobs == [jobs[2]])
        #expect(last.joined == [])
    }

    @Test func whatAJoinedJobDependsOnIsLeftWithIt() async throws {
        let test = try await TestStore.make()
        let pages = JobKind(rawValue: "pages")
        let run = try await test.store.createRun(TestStore.request(), at: now)
        let drafts = [
            TestStore.draft("a"), TestStore.draft("a", kind: pages, waitsFor: [.modules]), TestStore.draft("b"),
        ]
        let planned = try await test.store.plan(run, drafts: drafts, at: now)
        let other = try await test.store.createRun(TestStore.request(), at: now)
        _ = try await test.store.plan(other, drafts: [TestStore.draft("a", kind: pages)], at: now)
        for cancelled in [run, other] { try await test.store.cancel(cancelled, at: now) }
        #expect(try await test.store.activeJobs(ofCancelled: other).jobs.map(\.id) == Array(planned.jobs.prefix(2)))
    }

    @Test func cancelledRunIsPlannedNoFurther() async throws {
        let test = try await TestStore.make()
        let run = try await test.store.createRun(TestStore.request(), at: now)
        try await test.store.cancel(run, at: now)
        await #expect(throws: NoMorePlanning.self) {
            _ = try await test.store.plan(run, drafts: [TestStore.draft("a")], at: now)
        }
        #expect(try await test.count("jobs") == 0)
        #expect(try await test.state(run) == "cancelled")
    }

    @Test func endOfTheLastJobLeavesACancelledRunAsItIs() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        try await test.store.cancel(job.run, at: now)
        try await test.step(job, .cancelled(reason: "by me"))
        #expect(try await test.state(job.run) == "cancelled")
    }

    @Test func jobsAreSelectedInParts() async throws {
        let test = try await TestStore.make()
        let (run, jobs) = try await test.plan(["a", "b", "c"])
        let (other, more) = try await test.plan(["c", "d"])
        for job in [jobs[0], jobs[1], more[0]] {
            try await test.step(job, .granted(TestStore.holder), .failed(message: "no", permanent: true))
        }
        func wikis(
            _ states: [JobState],
            after: JobID? = nil,
            limit: Int = 100,
            _ change: (inout JobFilter) -> Void = { _ in }
        ) async throws -> [String] {
            var filter = JobFilter()
            change(&filter)
            return try await test.store.jobs(filter, in: states, after: after, limit: limit).map(\.wiki)
        }
        let givenUp = JobState.allCases.filter(\.isGivenUp)
        let active = JobState.allCases.filter(\.isActive)
        #expect(try await wikis(givenUp) == ["a", "b", "d"])
        #expect(try await wikis(givenUp, limit: 2) == ["a", "b"])
        #expect(try await wikis(givenUp, after: jobs[1].id) == ["d"])
        #expect(try await wikis(active) == ["c"])
        #expect(try await wikis(givenUp) { $0.run = run } == ["a", "b"])
        #expect(try await wikis(active) { $0.run = other } == ["c"])
        #expect(try await wikis(givenUp) { $0.wiki = "d" } == ["d"])
        #expect(try await wikis(givenUp) { $0.kind = .wikis } == [])
        #expect(try await wikis([.failed]) { $0.state = .failed } == ["a", "b", "d"])
        #expect(try await wikis([]) == [])
    }

    @Test func twinsOfJobsAreFound() async throws {
        let test = try await TestStore.make()
        var ended: [Job] = []
        for _ in 1...2 {
            ended.append(
                try await test.step(try await test.planJob("a"), .granted(TestStore.holder), .completed(counts: [:]))
            )
        }
        let lone = try await test.step(try await test.planJob("b"), .cancelled(reason: "no"))
        #expect(
            try await test.store.twins(of: ended + [lone]) == [
                ended[0].id: JobTwins(newest: ended[1].id, active: nil),
                ended[1].id: JobTwins(newest: ended[1].id, active: nil),
                lone.id: JobTwins(newest: lone.id, active: nil),
            ]
        )
        let active = try await test.planJob("a")
        #expect(
            try await test.store.twins(of: [ended[1]]) == [
                ended[1].id: JobTwins(newest: active.id, active: active.id)
            ]
        )
    }

    @Test func cancelledRunGoesOnForWhatWasCancelledOnly() async throws {
        let test = try await TestStore.make()
        let (run, jobs) = try await test.plan(["a", "b"])
        let failed = try await test.step(jobs[0], .granted(holder), .failed(message: "no", permanent: true))
        let (other, _) = try await test.plan(["b"])
        try await test.store.cancel(run, at: now)
        try await test.store.cancel(other, at: now)
        let again = try await test.step(failed, .retried(reason: "by me", waits: false))
        #expect(again.state == .ready)
        #expect(try await test.state(run) == "cancelled")
        let cancelled = try await test.step(jobs[1], .cancelled(reason: "by me"))
        try await test.step(cancelled, .retried(reason: "by me", waits: false))
        #expect(try await [test.state(run), test.state(other)] == ["active", "cancelled"])
    }

    @Test func pausesComeAndGo() async throws {
        let test = try await TestStore.make()
        let kind = Pause(.init(.kind, "modules"), until: nil, reason: "why", pausedBy: "me@host", pausedAt: now)
        let site = Pause(
            .init(.site, "wikimedia"),
            until: now.advanced(by: .seconds(60)),
            reason: "",
            pausedBy: "coordinator",
            pausedAt: now,
            isAutomatic: true
        )
        for pause in [kind, site, kind] { try await test.store.notePause(pause) }
        #expect(try await test.store.pauses(at: now) == [kind, site])
        let longer = Pause(kind.target, until: site.until, reason: "other", pausedBy: "you", pausedAt: now)
        try await test.store.notePause(longer)
        #expect(try await test.store.pauses(at: now) == [longer, site])
        try await test.store.removePause(of: longer.target)
        try await test.store.removePause(of: longer.target)
        try await test.store.removeEndedPauses(at: now.advanced(by: .seconds(59)))
        #expect(try await test.store.pauses(at: now) == [site])
        // One that has ended isn't read, whether it is removed yet or not.
        #expect(try await test.store.pauses(at: now.advanced(by: .seconds(60))) == [])
        try await test.store.removeEndedPauses(at: now.advanced(by: .seconds(60)))
        #expect(try await test.store.pauses(at: now) == [])
    }

    @Test func pausesThatHaveEndedOrComeOnTopKeepNobodyFromReading() async throws {
        let test = try await TestStore.make()
        try await test.execute(
            """
            INSERT INTO pauses (scope, name, until, reason, paused_by, paused_at, automatic)
            SELECT 'wiki', CONCAT('old', seq), '2020-01-01', '', 'me', '2020-01-01', 0 FROM seq_1_to_3000
            UNION ALL SELECT 'wiki', CONCAT('new', seq), NULL, '', 'me', '2020-01-01', 0 FROM seq_1_to_\(PauseBook.capacity)
            UNION ALL SELECT 'kind', 'modules', NULL, '', 'coordinator', '2020-01-01', 1
            """
        )
        #expect(try await test.store.pauses(at: now).count == PauseBook.capacity + 1)
        #expect(try await JobReports(test.pool).pauses().count == PauseBook.capacity + 1)
    }

    @Test func deposedCoordinatorPausesAndCancelsNothing() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        _ = try await TestStore.takeTerm(test.pool)
        let pause = Pause(.init(.kind, "modules"), until: nil, reason: "", pausedBy: "me", pausedAt: now)
        await #expect(throws: Deposed.self) { try await test.store.notePause(pause) }
        await #expect(throws: Deposed.self) { try await test.store.cancel(job.run, at: now) }
        #expect(try await test.store.pauses(at: now) == [])
        #expect(try await test.state(job.run) == "active")
    }
}
