import MariaDB
import PrivateMariaDB
import TCPForwarder
import Testing

@testable import Jobs

/// How transitions come into the table.
@Suite(.timeLimit(.minutes(3))) struct StoreTransitionTests {
    private let now = TestStore.now
    private let holder = TestStore.holder

    @Test func transitionIsInTheTableWithItsEvent() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let leased = try await test.step(job, .granted(holder))
        #expect(try await test.store.jobs([job.id]) == [leased])
        let snoozed = try await test.step(leased, .released(reason: "HTTP 429", wait: .seconds(60)))
        #expect(try await test.store.jobs([job.id]) == [snoozed])
        #expect(snoozed.notBefore == now.advanced(by: .seconds(60)))
        let again = try await test.step(snoozed, .granted(TestStore.holder))
        let failed = try await test.step(again, .failed(message: "HTTP 404", permanent: true))
        #expect(try await test.store.jobs([job.id]) == [failed])
        let events = try await test.rows("SELECT * FROM job_events ORDER BY event_id")
        #expect(try events.map { try $0.decode("event") } == ["planned", "granted", "snoozed", "granted", "failed"])
        #expect(try events.map { try $0.decode("attempt") } == [0, 1, 1, 2, 2])
        #expect(
            try events.map { try $0.decode("detail", as: String?.self) } == [nil, nil, "HTTP 429", nil, "HTTP 404"]
        )
        #expect(try events.map { try $0.decode("term") } == [1, 1, 1, 1, 1])
        // The end of a lease names the lease that ended.
        #expect(try events[2].decode("lease_id", as: [UInt8]?.self) == holder.lease.bytes)
        #expect(try events[2].decode("worker", as: [UInt8]?.self) == holder.worker.bytes)
    }

    @Test func countsOfACompletionAreKept() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        try await test.step(job, .granted(holder), .completed(counts: ["pages": 3, "errors": 0]))
        let row = try await test.rows("SELECT counts, finished_at FROM jobs")[0]
        #expect(try row.decode("counts") == #"{"errors":0,"pages":3}"#)
        #expect(try row.decode("finished_at") == now)
    }

    @Test func longDetailsAreCut() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let message = String(repeating: "\u{1f600}", count: 2000)
        try await test.step(job, .granted(holder), .failed(message: message, permanent: true))
        let row = try await test.rows("SELECT last_error FROM jobs")[0]
        #expect(try row.decode("last_error") == String(message.prefix(1024)))
    }

    @Test func staleRowIsLeftOutAndTold() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b"])
        let leased = try await test.step(jobs[0], .granted(holder))
        // Both were decided on the job as it was planned.
        let late = TestStore.transitions(jobs[0], [.granted(TestStore.holder)])
        let other = TestStore.transitions(jobs[1], [.granted(TestStore.holder)])
        #expect(try await test.store.commit(late + other) == [.stale(leased), .committed])
        #expect(try await test.store.jobs([jobs[0].id]) == [leased])
        #expect(try await test.story(jobs[0]) == ["planned", "granted"])
        #expect(try await test.story(jobs[1]) == ["planned", "granted"])
    }

    @Test func completionOfAnotherLeaseIsStale() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let first = try await test.step(job, .granted(holder))
        let back = try await test.step(first, .expired(heard: true, checkpoint: 0))
        let second = try await test.step(back, .granted(TestStore.holder))
        let late = TestStore.transitions(first, [.completed(counts: [:])])
        #expect(try await test.store.commit(late) == [.stale(second)])
    }

    @Test func transitionOfNoJobIsStale() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let transitions = TestStore.transitions(job, [.granted(holder)])
        try await test.execute("DELETE FROM jobs")
        #expect(try await test.store.commit(transitions) == [.stale(nil)])
    }

    @Test func repeatedCommitIsCommittedOnce() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let grant = TestStore.transitions(job, [.granted(holder)])
        for _ in 1...3 { #expect(try await test.store.commit(grant) == [.committed]) }
        #expect(try await test.story(job) == ["planned", "granted"])
    }

    @Test func severalStepsOfOneJobGoTogether() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b"])
        let leased = try await test.step(jobs[0], .granted(holder))
        let steps = TestStore.transitions(leased, [.released(reason: "stop", wait: .zero), .granted(TestStore.holder)])
        let other = TestStore.transitions(jobs[1], [.granted(TestStore.holder)])
        let batch = [steps[0], other[0], steps[1]]
        #expect(try await test.store.commit(batch) == [.committed, .committed, .committed])
        #expect(try await test.store.jobs([jobs[0].id]) == [steps[1].after])
        #expect(try await test.story(jobs[0]) == ["planned", "granted", "released", "granted"])
        // The same again, as after a lost answer.
        #expect(try await test.store.commit(batch) == [.committed, .committed, .committed])
        #expect(try await test.story(jobs[0]) == ["planned", "granted", "released", "granted"])
        // What comes on top of it is no repeat.
        let next = TestStore.transitions(steps[1].after, [.completed(counts: [:])])
        #expect(try await test.store.commit(batch + next) == [.committed, .committed, .committed, .committed])
        #expect(try await test.story(jobs[0]).last == "completed")
    }

    @Test func stepOnTopOfAStaleOneIsStale() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        let leased = try await test.step(job, .granted(holder))
        let steps = TestStore.transitions(job, [.granted(TestStore.holder), .completed(counts: [:])])
        #expect(try await test.store.commit(steps) == [.stale(leased), .stale(leased)])
    }

    @Test(arguments: [TCPForwarder.Fault.loseAnswerToCommit, .loseCommit])
    func commitThatWasLostIsSettled(_ fault: TCPForwarder.Fault) async throws {
        let forwarder = try TCPForwarder(to: try await PrivateMariaDB.shared.port)
        defer { forwarder.close() }
        let test = try await TestStore.make(through: forwarder)
        let (run, jobs) = try await test.plan(["a", "b"])
        let leased = try await test.step(jobs[0], .granted(holder))
        let steps = TestStore.transitions(
            leased,
            [.released(reason: "stop", wait: .zero), .granted(TestStore.holder), .completed(counts: [:])]
        )
        let other = TestStore.transitions(jobs[1], [.granted(TestStore.holder), .completed(counts: [:])])
        forwarder.setFault(fault)
        let verdicts = try await test.store.commit(steps + other)
        #expect(verdicts == Array(repeating: .committed, count: 5))
        #expect(test.pool.retryCounts.unknownOutcomes == 1)
        #expect(try await test.story(jobs[0]) == ["planned", "granted", "released", "granted", "completed"])
        #expect(try await test.story(jobs[1]) == ["planned", "granted", "completed"])
        #expect(try await test.state(run) == "done")
    }

    @Test func runEndsWithItsLastJobOwnOrJoined() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a", "b"])
        let (second, more) = try await test.plan(["b", "c"])
        #expect(more.map(\.wiki) == ["c"])
        try await test.step(jobs[0], .granted(holder), .completed(counts: [:]))
        try await test.step(more[0], .granted(holder), .completed(counts: [:]))
        #expect(try await test.state(first) == "active")
        #expect(try await test.state(second) == "active")
        try await test.step(jobs[1], .granted(holder), .completed(counts: [:]))
        #expect(try await test.state(first) == "done")
        #expect(try await test.state(second) == "done")
    }

    @Test func runWithAFailedJobHasFailed() async throws {
        let test = try await TestStore.make()
        let (first, jobs) = try await test.plan(["a", "b"])
        let (second, _) = try await test.plan(["b"])
        let (third, _) = try await test.plan(["a"])
        try await test.step(jobs[1], .granted(holder), .failed(message: "no", permanent: true))
        #expect(try await test.state(first) == "active")
        try await test.step(jobs[0], .granted(holder), .completed(counts: [:]))
        #expect(try await test.state(first) == "failed")
        #expect(try await test.state(second) == "failed")
        #expect(try await test.state(third) == "done")
    }

    @Test func lockedRowIsPassedOver() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b"])
        let leased = [
            try await test.step(jobs[0], .granted(holder)), try await test.step(jobs[1], .granted(TestStore.holder)),
        ]
        let expired = leased.flatMap { TestStore.transitions($0, [.expired(heard: true, checkpoint: 0)]) }
        try await test.pool.withConnection { holder in
            try await holder.execute("START TRANSACTION")
            _ = try await holder.rows("SELECT job_id FROM jobs WHERE job_id = \(jobs[0].id) LOCK IN SHARE MODE")
            let verdicts = try await test.store.commit(expired, skippingLocked: true)
            #expect(verdicts == [.stale(nil), .committed])
            try await holder.execute("ROLLBACK")
        }
        #expect(try await test.store.jobs([jobs[0].id]) == [leased[0]])
        #expect(try await test.store.commit([expired[0]], skippingLocked: true) == [.committed])
    }

    @Test func jobIsNotDoneWithoutItsLastCheckpoint() async throws {
        let test = try await TestStore.make()
        let leased = try await test.step(try await test.planJob("a"), .granted(holder))
        let lease = try #require(leased.lease)
        let writer = LeaseWriter(pool: test.pool, lease: lease)
        for sequence in 1...2 as ClosedRange<UInt32> {
            let checkpoint = Checkpoint(sequence: sequence, state: "{}", itemsDone: 1, itemsExpected: 0)
            try await writer.commit(checkpoint, within: .seconds(30)) { _ in }
        }
        let end = [Transition].ended(leased, after: 2)
        try await test.execute("UPDATE checkpoints SET sequence = 1")
        #expect(try await test.store.commit(end) == [.stale(leased)])
        try await test.execute("UPDATE checkpoints SET sequence = 2")
        #expect(try await test.store.commit(end) == [.committed])
    }

    @Test func staleTransitionBringsNothingAbout() async throws {
        let test = try await TestStore.make()
        let (_, jobs) = try await test.plan(["a", "b"])
        try await test.execute(
            "UPDATE jobs SET state = 'waiting', depends_on = \(jobs[0].id) WHERE job_id = \(jobs[1].id)"
        )
        let waiting = try #require(try await test.store.jobs([jobs[1].id]).first)
        let leased = try await test.step(jobs[0], .granted(holder))
        // As a database that forgets its last commits leaves it.
        try await test.execute(
            "UPDATE jobs SET state = 'ready', lease_id = NULL, worker = NULL WHERE job_id = \(jobs[0].id)"
        )
        let end = TestStore.transitions(leased, [.completed(counts: [:])])
        let ready = TestStore.transitions(waiting, [.dependencyEnded(done: true)]).map { $0.caused(by: leased.id) }
        let verdicts = try await test.store.commit(end + ready)
        #expect(verdicts.last == .stale(waiting))
        #expect(try await test.store.jobs([waiting.id]) == [waiting])
    }

    @Test func fiveHundredJobsGoInOneTransaction() async throws {
        let test = try await TestStore.make()
        let wikis = (0..<512).map { "wiki\($0)" }
        let (run, jobs) = try await test.plan(wikis)
        let grants = jobs.flatMap { TestStore.transitions($0, [.granted(TestStore.holder)]) }
        #expect(try await test.store.commit(grants) == Array(repeating: .committed, count: 512))
        #expect(try await test.store.jobs(jobs.map(\.id)) == grants.map(\.after))
        let ends = grants.flatMap { TestStore.transitions($0.after, [.completed(counts: ["pages": 1])]) }
        #expect(try await test.store.commit(ends) == Array(repeating: .committed, count: 512))
        #expect(try await test.state(run) == "done")
        #expect(try await test.count("job_events") == 3 * 512)
        #expect(try await test.store.activeJobs(after: nil, limit: 10).isEmpty)
    }

    @Test func workersComeAndGo() async throws {
        let test = try await TestStore.make()
        let ids = (1...3).map { _ in RandomID.random() }
        for (number, id) in ids.enumerated() {
            let record = WorkerRecord(
                incarnation: id,
                name: "w\(number)",
                host: "h",
                processID: 1,
                software: "1",
                kinds: [.modules, .wikis],
                slots: 2
            )
            try await test.store.noteWorker(record, at: now)
        }
        func states() async throws -> [String] {
            try await test.rows("SELECT state FROM workers ORDER BY name").map { try $0.decode("state") }
        }
        let later = now.advanced(by: .seconds(60))
        try await test.store.noteAlive([ids[0]], at: later)
        try await test.store.noteDeparture(of: [ids[1]], lost: false, at: later)
        try await test.store.noteDeparture(of: [ids[1]], lost: true, at: later)
        #expect(try await states() == ["running", "left", "running"])
        try await test.store.noteOrphans(before: later)
        #expect(try await states() == ["running", "left", "lost"])
        // One that was only silent is back.
        try await test.store.noteAlive([ids[2]], at: later)
        #expect(try await states() == ["running", "left", "running"])
    }
}

extension [Transition] {
    /// What a dispatcher makes of the end of a job.
    fileprivate static func ended(_ job: Job, after checkpoint: UInt32) -> [Transition] {
        let event = JobEvent.completed(counts: [:], checkpoint: checkpoint)
        return TestStore.transitions(job, [event]).map { $0.standing(on: event) }
    }
}
