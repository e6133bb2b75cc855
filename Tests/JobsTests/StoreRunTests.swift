import Concurrency
import MariaDB
import PrivateMariaDB
import TCPForwarder
import Testing

@testable import Jobs

/// The term, runs and their planning.
@Suite(.timeLimit(.minutes(3))) struct StoreRunTests {
    private let now = TestStore.now

    @Test func eachCoordinatorTakesANewTerm() async throws {
        let test = try await TestStore.make()
        #expect(test.store.term == 1)
        let incarnation = RandomID.random()
        #expect(try await TestStore.takeTerm(test.pool, incarnation: incarnation).term == 2)
        // A repeat by the same one, whose answer was lost.
        #expect(try await TestStore.takeTerm(test.pool, incarnation: incarnation).term == 2)
        #expect(try await TestStore.takeTerm(test.pool).term == 3)
    }

    @Test(arguments: [TCPForwarder.Fault.loseAnswerToCommit, .loseCommit])
    func termWhoseCommitWasLostIsTakenOnce(_ fault: TCPForwarder.Fault) async throws {
        let forwarder = try TCPForwarder(to: try await PrivateMariaDB.shared.port)
        defer { forwarder.close() }
        let test = try await TestStore.make(through: forwarder)
        forwarder.setFault(fault)
        #expect(try await TestStore.takeTerm(test.pool).term == 2)
        #expect(test.pool.retryCounts.unknownOutcomes == 1)
    }

    @Test func deposedCoordinatorChangesNothing() async throws {
        let test = try await TestStore.make()
        let (run, jobs) = try await test.plan(["a", "b"])
        let worker = RandomID.random()
        let record = WorkerRecord(
            incarnation: worker,
            name: "w",
            host: "h",
            processID: 1,
            software: "1",
            kinds: [.modules],
            slots: 1
        )
        try await test.store.noteWorker(record, at: now)
        _ = try await TestStore.takeTerm(test.pool)
        let before = try await test.dump()
        let store = test.store
        let deposed = Deposed(term: 1, current: 2)
        await #expect(throws: deposed) { try await store.createRun(TestStore.request(), at: now) }
        await #expect(throws: deposed) { try await store.plan(run, drafts: [TestStore.draft("c")], at: now) }
        await #expect(throws: deposed) { try await store.abandon(run, at: now) }
        let grant = TestStore.transitions(jobs[0], [.granted(TestStore.holder)])
        await #expect(throws: deposed) { try await store.commit(grant) }
        await #expect(throws: deposed) { try await store.commit(grant, skippingLocked: true) }
        let later = now.advanced(by: .seconds(1))
        await #expect(throws: deposed) { try await store.noteWorker(record, at: later) }
        await #expect(throws: deposed) { try await store.noteAlive([worker], at: later) }
        await #expect(throws: deposed) { try await store.noteDeparture(of: [worker], lost: true, at: later) }
        await #expect(throws: deposed) { try await store.noteOrphans(before: later) }
        await #expect(throws: deposed) { try await store.confirmTerm() }
        #expect(try await test.dump() == before)
        #expect(deposed.description == "another coordinator has taken over (term 2, this one had 1)")
    }

    @Test func sameTermOfAnotherCoordinatorIsNotTheSame() async throws {
        let test = try await TestStore.make()
        try await test.store.confirmTerm()
        // As a database leaves it that has forgotten a term, and has given its number to another.
        try await test.execute("UPDATE coordinator_term SET incarnation = REPEAT('x', 16)")
        await #expect(throws: Deposed(term: 1, current: 1)) { try await test.store.confirmTerm() }
    }

    @Test func newTermWaitsForWritesOfTheOld() async throws {
        let test = try await TestStore.make()
        let taken = Lock(false)
        let successor = try await test.store.asCoordinator("write") { _ in
            let successor = Task {
                defer { taken.withLock { $0 = true } }
                return try await TestStore.takeTerm(test.pool).term
            }
            while try await !test.somebodyWaitsForALock(), !taken.withLock({ $0 }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(!taken.withLock { $0 })
            return successor
        }
        #expect(try await successor.value == 2)
        await #expect(throws: Deposed.self) { try await test.store.confirmTerm() }
    }

    @Test func runIsFoundByItsRequest() async throws {
        let test = try await TestStore.make()
        let request = RunRequest(
            kinds: [.wikis, .modules],
            wikis: ["aawiki", "b\u{e4}wiki"],
            family: "wikipedia",
            parameters: Array(#"{"a": 1}"#.utf8),
            requestedBy: "me@host"
        )
        let run = try await test.store.createRun(request, at: now)
        #expect(try await test.store.createRun(request, at: now.advanced(by: .seconds(9))) == run)
        #expect(try await test.store.createRun(TestStore.request(), at: now) != run)
        #expect(try await test.store.request(of: run) == request)
        #expect(try await test.store.request(of: RunID(rawValue: 999)) == nil)
        #expect(try await test.count("runs") == 2)
    }

    @Test(arguments: [TCPForwarder.Fault.loseAnswerToCommit, .loseCommit])
    func runWhoseCommitWasLostIsOneRun(_ fault: TCPForwarder.Fault) async throws {
        let forwarder = try TCPForwarder(to: try await PrivateMariaDB.shared.port)
        defer { forwarder.close() }
        let test = try await TestStore.make(through: forwarder)
        forwarder.setFault(fault)
        let run = try await test.store.createRun(TestStore.request(), at: now)
        forwarder.setFault(fault)
        let planned = try await test.store.plan(run, drafts: [TestStore.draft("a"), TestStore.draft("b")], at: now)
        #expect(planned.jobs.count == 2)
        #expect(planned.joined == 0)
        #expect(test.pool.retryCounts.unknownOutcomes == 2)
        #expect(try await test.count("runs") == 1)
        #expect(try await test.count("jobs") == 2)
        #expect(try await test.count("job_events") == 2)
    }

    @Test func planningBeginsTheRun() async throws {
        let test = try await TestStore.make()
        let run = try await test.store.createRun(TestStore.request(), at: now)
        #expect(try await test.state(run) == "planning")
        #expect(try await test.store.unplannedRuns() == [run])
        let planned = try await test.store.plan(run, drafts: [TestStore.draft("a", expectedItems: 7)], at: now)
        #expect(try await test.state(run) == "active")
        #expect(try await test.store.unplannedRuns().isEmpty)
        let job = try #require(try await test.store.jobs(planned.jobs).first)
        #expect(job.run == run)
        #expect(job.state == .ready)
        #expect(job.expectedItems == 7)
        #expect(job.attempt == 0)
        #expect(try await test.store.activeJobs(after: nil, limit: 10) == [job])
        #expect(try await test.store.activeJobs(after: job.id, limit: 10).isEmpty)
        #expect(try await test.story(job) == ["planned"])
    }

    @Test func runWithoutJobsIsDoneAtOnce() async throws {
        let test = try await TestStore.make()
        let (run, _) = try await test.plan([])
        #expect(try await test.state(run) == "done")
    }

    @Test func activeJobsAreJoined() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a", "b"])
        try await test.step(jobs[0], .granted(TestStore.holder))
        let second = try await test.store.createRun(TestStore.request(), at: now)
        let drafts = ["a", "b", "c"].map { TestStore.draft($0) }
        let planned = try await test.store.plan(second, drafts: drafts, at: now)
        #expect(planned.jobs.count == 1)
        #expect(planned.joined == 2)
        #expect(try await test.count("jobs") == 3)
        // A job that has ended isn't joined.
        let other = try await test.store.jobs(planned.jobs)[0]
        try await test.step(other, .granted(TestStore.holder), .completed(counts: [:]))
        let third = try await test.store.createRun(TestStore.request(), at: now)
        #expect(try await test.store.plan(third, drafts: drafts, at: now).jobs.count == 1)
        #expect(try await test.state(first) == "active")
    }

    @Test func planningThatWasBrokenOffIsResumed() async throws {
        let test = try await TestStore.make()
        let wikis = (0..<300).map { "wiki\($0)" }
        try await test.plan(Array(wikis.prefix(10)))
        let request = TestStore.request()
        let run = try await test.store.createRun(request, at: now)
        // The second part, after 256 jobs, can't be inserted.
        let bad = TestStore.draft(String(repeating: "x", count: 65))
        await #expect(throws: MariaDBError.self) {
            try await test.store.plan(run, drafts: wikis.prefix(290).map { TestStore.draft($0) } + [bad], at: now)
        }
        #expect(try await test.state(run) == "planning")
        #expect(try await test.count("jobs") == 256)
        #expect(try await test.store.earlierRun(of: request.requestID) == nil)
        #expect(try await test.store.createRun(request, at: now) == run)
        let planned = try await test.store.plan(run, drafts: wikis.map { TestStore.draft($0) }, at: now)
        #expect(planned.jobs.count == 290)
        #expect(planned.joined == 10)
        #expect(try await test.state(run) == "active")
        #expect(try await test.count("jobs") == 300)
        #expect(try await test.count("job_events") == 300)
        #expect(try await test.count("run_joins") == 10)
    }

    @Test func plannedRunIsToldToLateRepeats() async throws {
        let test = try await TestStore.make()
        try await test.plan(["a"])
        let request = TestStore.request()
        let run = try await test.store.createRun(request, at: now)
        _ = try await test.store.plan(run, drafts: ["a", "b", "c"].map { TestStore.draft($0) }, at: now)
        let earlier = try await test.store.earlierRun(of: request.requestID)
        #expect(earlier == EarlierRun(id: run, planned: 2, joined: 1))
        #expect(try await test.store.earlierRun(of: .random()) == nil)
    }

    @Test func jobWaitsForTheOneThatItDependsOn() async throws {
        let test = try await TestStore.make()
        let active = try await test.planJob("a")
        let run = try await test.store.createRun(TestStore.request(), at: now)
        let later = JobKind(rawValue: "later")
        let drafts =
            ["a", "b", "c"].map { TestStore.draft($0) }.dropLast()
            + ["a", "b", "c"].map { TestStore.draft($0, kind: later, waitsFor: [.modules]) }
        let planned = try await test.store.plan(run, drafts: Array(drafts), at: now)
        #expect(planned.joined == 1)
        let jobs = try await test.store.jobs(planned.jobs)
        let waiting = jobs.filter { $0.kind == later }
        #expect(waiting.map(\.state) == [.waiting, .waiting, .ready])
        #expect(waiting.map(\.dependsOn) == [active.id, jobs.first { $0.kind == .modules }?.id, nil])
        #expect(jobs.flatMap(\.violations).isEmpty)
    }

    @Test func abandonedRunIsOver() async throws {
        let test = try await TestStore.make()
        let run = try await test.store.createRun(TestStore.request(), at: now)
        try await test.store.abandon(run, at: now)
        #expect(try await test.state(run) == "failed")
        #expect(try await test.store.unplannedRuns().isEmpty)
        let (active, _) = try await test.plan(["a"])
        try await test.store.abandon(active, at: now)
        #expect(try await test.state(active) == "active")
    }

    @Test func runThatBeginsWhileItsLastJobEndsIsClosed() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a"])
        let second = try await test.store.createRun(TestStore.request(), at: now)
        try await test.execute("INSERT INTO run_joins VALUES (\(second), \(jobs[0].id))")
        let hasBegun = Lock(false)
        let beginning = try await test.store.asCoordinator("end") { transaction in
            try await transaction.execute("UPDATE jobs SET state = 'done', finished_at = NOW(6)")
            try await test.store.closeIfFinished(first, at: now, in: transaction)
            try await test.store.closeIfFinished(second, at: now, in: transaction)
            let beginning = Task {
                defer { hasBegun.withLock { $0 = true } }
                _ = try await test.store.plan(second, drafts: [], at: now)
            }
            while try await !test.somebodyWaitsForALock(), !hasBegun.withLock({ $0 }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            return beginning
        }
        try await beginning.value
        #expect(try await test.state(first) == "done")
        #expect(try await test.state(second) == "done")
    }
}
