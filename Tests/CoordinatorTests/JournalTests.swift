import Concurrency
import Jobs
import MariaDB
import PrivateMariaDB
import Testing

@testable import Coordinator

/// The journal with a real store.
@Suite(.timeLimit(.minutes(3))) struct JournalTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func make(_ server: PrivateMariaDB? = nil, jobs count: Int) async throws -> (
        installation: Installation, store: JobStore, jobs: [Job]
    ) {
        let installation = try await Installation.make(server: server, wikis: [])
        let store = try await JobStore.takeTerm(
            in: installation.pool,
            incarnation: .random(),
            host: "host",
            software: "1",
            takeover: .seconds(20),
            deposing: true,
            at: now
        )
        let wikis = (0..<count).map {
            WikiFacts(dbname: "wiki\($0)", site: "test", family: "f", isPrivate: false, knownModules: 0)
        }
        let drafts = try Planner(kinds: .standard).drafts(kinds: [.modules], wikis: wikis, parameters: [])
        let run = try await store.createRun(RunRequest(kinds: [.modules], requestedBy: "me"), at: now)
        let planned = try await store.plan(run, drafts: drafts, at: now)
        return (installation, store, try await store.jobs(planned.jobs))
    }

    /// Each step of a job's life, so many times.
    private func lives(_ job: Job, times: Int) -> [Transition] {
        var generator = SystemRandomNumberGenerator()
        var job = job
        var transitions: [Transition] = []
        for time in 0..<times {
            let holder = Job.Holder(lease: .random(), worker: .random())
            for event in [JobEvent.granted(holder), .released(reason: "\(time)", wait: .zero)] {
                let next = try? job.after(event, at: now, policy: JobPolicy(), using: &generator)
                guard let (after, story) = next else { continue }
                transitions.append(Transition(before: job, after: after, story: story, at: now))
                job = after
            }
        }
        return transitions
    }

    @Test func orderIsKeptAndNothingLostWhileTheServerRestarts() async throws {
        let server = try await PrivateMariaDB.start()
        let (installation, store, jobs) = try await make(server, jobs: 4)
        let journal = Journal(store: store, logger: Installation.logger)
        let writer = Writer(journal)
        let steps = jobs.map { lives($0, times: 20) }
        try await writer.commit(steps.map { Array($0.prefix(20)) })
        try await server.kill()
        async let rest: Void = writer.commit(steps.map { Array($0.dropFirst(20)) })
        try await eventually { !journal.isHealthy }
        try await server.start()
        try await rest
        #expect(journal.isHealthy)
        for (job, steps) in zip(jobs, steps) {
            let rows = try await installation.rows(
                "SELECT event, attempt FROM job_events WHERE job_id = \(job.id) ORDER BY event_id"
            )
            #expect(try rows.map { try $0.decode("event") } == ["planned"] + steps.map(\.story.name.rawValue))
            #expect(try rows.map { try $0.decode("attempt") } == [0] + steps.map(\.after.attempt))
        }
        #expect(try await store.jobs(jobs.map(\.id)) == steps.compactMap { $0.last?.after })
        try await server.stop()
    }

    @Test func transitionThatTheTableRefusesHarmsNoOther() async throws {
        let (installation, store, jobs) = try await make(jobs: 3)
        let journal = Journal(store: store, logger: Installation.logger)
        let steps = jobs.map { lives($0, times: 1) }
        try await installation.execute(
            "ALTER TABLE job_events ADD CHECK (job_id <> \(jobs[1].id) OR event <> 'released')"
        )
        let outcomes = Lock<[Int: Bool]>([:])
        await withTaskGroup { group in
            for (number, transitions) in steps.enumerated() {
                group.addTask {
                    let verdicts = try? await journal.commit(transitions)
                    outcomes.withLock { $0[number] = verdicts?.allSatisfy { $0 == .committed } ?? false }
                }
            }
        }
        #expect(outcomes.withLock { $0 } == [0: true, 1: false, 2: true])
        #expect(journal.isHealthy)
        #expect(try await installation.story("wiki1") == ["planned"])
        #expect(try await installation.story("wiki2") == ["planned", "granted", "released"])
    }

    @Test func deposedJournalTakesNothingMore() async throws {
        let (installation, store, jobs) = try await make(jobs: 1)
        let journal = Journal(store: store, logger: Installation.logger)
        _ = try await JobStore.takeTerm(
            in: installation.pool,
            incarnation: .random(),
            host: "other",
            software: "1",
            takeover: .seconds(20),
            deposing: true,
            at: now
        )
        let steps = lives(jobs[0], times: 1)
        for _ in 1...2 {
            await #expect(throws: Deposed.self) { try await journal.commit(steps) }
        }
        #expect(journal.endedBy is Deposed)
        #expect(!journal.isHealthy)
        #expect(try await installation.story("wiki0") == ["planned"])
    }

    @Test func endedJournalSendsAwayThoseWhoWait() async throws {
        let server = try await PrivateMariaDB.start()
        let (_, store, jobs) = try await make(server, jobs: 1)
        let journal = Journal(store: store, logger: Installation.logger)
        try await server.kill()
        let waiting = Task { try await journal.commit(lives(jobs[0], times: 1)) }
        try await eventually { !journal.isHealthy }
        let behind = Task { try await journal.commit(lives(jobs[0], times: 1)) }
        journal.end(CancellationError())
        await #expect(throws: CancellationError.self) { try await behind.value }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await server.start()
        try await server.stop()
    }

    /// Hands in the steps of several jobs, one by one, as the coordinator does: in the order of its decisions.
    private actor Writer {
        private let journal: Journal

        init(_ journal: Journal) { self.journal = journal }

        func commit(_ steps: [[Transition]]) async throws {
            try await withThrowingTaskGroup { group in
                for round in 0..<(steps.map(\.count).max() ?? 0) {
                    let transitions = steps.compactMap { $0.indices.contains(round) ? $0[round] : nil }
                    group.addImmediateTask { try await self.hand(in: transitions) }
                }
                try await group.waitForAll()
            }
        }

        private func hand(in transitions: [Transition]) async throws {
            let verdicts = try await journal.commit(transitions)
            guard verdicts.allSatisfy({ $0 == .committed }) else { throw NotCommitted() }
        }
    }

    private struct NotCommitted: Error {}
}
