import Catalog
import Concurrency
import Logging
import MariaDB
import PrivateMariaDB
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(5))) struct JobReportsTests {
    static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    func at(_ seconds: Int) -> Timestamp { Self.start.advanced(by: .seconds(seconds)) }

    @Test func reportsWhatTheWritersWrote() async throws {
        let fleet = try await Fleet.make(at: Self.start)
        let reports = JobReports(fleet.pool)
        #expect(try await reports.runs(limit: 10).items == [])
        #expect(try await reports.run(RunID(rawValue: 1)) == nil)
        #expect(try await reports.job(JobID(rawValue: 1)) == nil)
        #expect(try await reports.progress().runs == [])
        let term = try #require(try await reports.term())
        #expect(term == TermReport(term: 1, host: "here", software: "0.1.0", takenAt: Self.start))

        let first = try await fleet.plan(["awiki": 100, "bwiki": 0, "cwiki": 30], at: at(1))
        let second = try await fleet.plan(["cwiki": 30, "dwiki": 5], family: "wikipedia", at: at(2))
        #expect(second.joined == 1)

        // awiki is half done, bwiki waits after a failure, cwiki is done.
        let jobs = try await reports.jobs(limit: 10).items
        #expect(jobs.map(\.wiki) == ["dwiki", "cwiki", "bwiki", "awiki"])
        let a = try #require(jobs.first { $0.wiki == "awiki" }).id
        let b = try #require(jobs.first { $0.wiki == "bwiki" }).id
        let c = try #require(jobs.first { $0.wiki == "cwiki" }).id
        let lease = try await fleet.grant(a, at: at(3))
        try await fleet.checkpoint(lease, done: 50, expected: 0)
        _ = try await fleet.grant(b, at: at(4))
        try await fleet.apply(.failed(message: "HTTP 500\nfrom it", permanent: false), to: b, at: at(5))
        let done = try await fleet.grant(c, at: at(6))
        try await fleet.checkpoint(done, done: 31, expected: 0)
        try await fleet.apply(.completed(counts: ["listed": 31, "new": 2]), to: c, at: at(7))

        let runs = try await reports.runs(limit: 10)
        #expect(runs.items.map(\.id) == [second.id, first.id])
        #expect(!runs.more)
        let one = try #require(runs.items.last)
        #expect(one.jobs == [.leased: 1, .ready: 1, .done: 1])
        #expect(one.joinedJobs == 0)
        #expect(one.counts == ["listed": 31, "new": 2])
        #expect(one.state == "active")
        #expect(one.wikis == ["awiki", "bwiki", "cwiki"])
        let two = try #require(try await reports.run(second.id))
        #expect(two.jobs == [.ready: 1, .done: 1])
        #expect(two.joinedJobs == 1)
        #expect(two.counts == ["listed": 31, "new": 2])
        #expect(two.family == "wikipedia")
        #expect(two == runs.items.first)

        let half = try #require(try await reports.job(a))
        #expect(half.job.state == .leased)
        #expect(half.job.worker == "w1")
        #expect(half.job.itemsDone == 50)
        #expect(half.job.itemsExpected == 100)
        #expect(half.checkpoint?.checkpoint.sequence == 1)
        #expect(half.story.map(\.event) == ["planned", "granted"])
        #expect(half.story.map(\.worker) == [nil, "w1"])
        let failed = try #require(try await reports.job(b, events: 2))
        #expect(failed.story.map(\.event) == ["granted", "failed_attempt"])
        #expect(failed.storyHasMore)
        #expect(failed.job.lastError == "HTTP 500\nfrom it")
        #expect(failed.job.notBefore != nil)

        let sample = try await reports.progress()
        #expect(sample.runs.map(\.id) == [first.id, second.id])
        #expect(
            sample.runs.first?.kinds == [
                KindProgress(
                    kind: .modules,
                    jobs: [.leased: 1, .ready: 1, .done: 1],
                    itemsDone: 81,
                    itemsExpected: 131,
                    unsizedJobs: 1
                )
            ]
        )
        #expect(
            sample.runs.last?.kinds == [
                KindProgress(kind: .modules, jobs: [.ready: 1, .done: 1], itemsDone: 31, itemsExpected: 36)
            ]
        )
    }

    @Test func filtersAndLimits() async throws {
        let fleet = try await Fleet.make(at: Self.start)
        let reports = JobReports(fleet.pool)
        let first = try await fleet.plan(["awiki": 1, "bwiki": 2, "cwiki": 3], at: at(1))
        let second = try await fleet.plan(["cwiki": 3, "dwiki": 4], at: at(2))
        let done = try #require(first.jobs.first)
        _ = try await fleet.grant(done, at: at(3))
        try await fleet.apply(.completed(counts: [:]), to: done, at: at(4))

        func wikis(_ change: (inout JobFilter) -> Void, limit: Int = 100) async throws -> ([String], Bool) {
            var filter = JobFilter()
            change(&filter)
            let page = try await reports.jobs(filter, limit: limit)
            return (page.items.map(\.wiki), page.more)
        }
        #expect(try await wikis { _ in } == (["dwiki", "cwiki", "bwiki", "awiki"], false))
        #expect(try await wikis({ _ in }, limit: 4) == (["dwiki", "cwiki", "bwiki", "awiki"], false))
        #expect(try await wikis({ _ in }, limit: 3) == (["dwiki", "cwiki", "bwiki"], true))
        #expect(try await wikis { $0.run = first.id } == (["cwiki", "bwiki", "awiki"], false))
        #expect(try await wikis { $0.run = second.id } == (["dwiki", "cwiki"], false))
        #expect(try await wikis({ $0.run = second.id }, limit: 1) == (["dwiki"], true))
        #expect(try await wikis { $0.state = .done } == (["awiki"], false))
        #expect(try await wikis { $0.state = .ready } == (["dwiki", "cwiki", "bwiki"], false))
        #expect(try await wikis { $0.wiki = "bwiki" } == (["bwiki"], false))
        #expect(try await wikis { $0.kind = .wikis } == ([], false))
        #expect(
            try await wikis {
                $0.run = second.id
                $0.kind = .modules
                $0.state = .ready
                $0.wiki = "cwiki"
            } == (["cwiki"], false)
        )
        #expect(try await reports.runs(limit: 1).more)

        // What has ended isn't in the sample, unless it's asked for.
        for job in first.jobs.dropFirst() {
            _ = try await fleet.grant(job, at: at(5))
            try await fleet.apply(.failed(message: "gone", permanent: true), to: job, at: at(6))
        }
        #expect(try await reports.progress().runs.map(\.id) == [second.id])
        #expect(try await reports.runs(activeOnly: true, limit: 9).items.map(\.id) == [second.id])
        let ended = try #require(try await reports.progress(of: [first.id]).runs.first)
        #expect(ended.state == "failed")
        #expect(ended.finishedAt == at(6))
        #expect(ended.kinds.first?.jobs == [.done: 1, .failed: 2])
    }

    @Test func workersWithWhatTheyHold() async throws {
        let fleet = try await Fleet.make(at: Self.start)
        let reports = JobReports(fleet.pool)
        let run = try await fleet.plan(["awiki": 1, "bwiki": 2], at: at(1))
        for job in run.jobs { _ = try await fleet.grant(job, at: at(2)) }
        try await fleet.store.noteWorker(Fleet.record(.random(), "w0"), at: at(3))
        let gone = Fleet.record(.random(), "w2")
        try await fleet.store.noteWorker(gone, at: at(3))
        try await fleet.store.noteDeparture(of: [gone.incarnation], lost: true, at: at(4))

        let running = try await reports.workers(includingGone: false, limit: 10)
        #expect(running.items.map(\.worker.name) == ["w0", "w1"])
        #expect(running.items.map(\.leases) == [0, 2])
        #expect(running.items.last?.worker == Fleet.record(fleet.worker, "w1"))
        let all = try await reports.workers(includingGone: true, limit: 2)
        #expect(all.items.map(\.worker.name) == ["w0", "w1"])
        #expect(all.more)
        #expect(try await reports.workers(includingGone: true, limit: 3).items.last?.state == "lost")
    }
}

/// A coordinator's tables with one worker, written by the writers of the coordinator and the worker.
private struct Fleet {
    let pool: ConnectionPool
    let store: JobStore
    let worker = RandomID.random()

    static func make(at time: Timestamp) async throws -> Fleet {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(Schema.migrations, settings: settings, logger: logger).apply()
        let pool = ConnectionPool(settings: settings, limit: 2, logger: logger)
        let store = try await JobStore.takeTerm(
            in: pool,
            incarnation: .random(),
            host: "here",
            software: "0.1.0",
            takeover: .seconds(20),
            deposing: true,
            at: time
        )
        let fleet = Fleet(pool: pool, store: store)
        try await store.noteWorker(record(fleet.worker, "w1"), at: time)
        return fleet
    }

    static func record(_ incarnation: RandomID, _ name: String) -> WorkerRecord {
        WorkerRecord(
            incarnation: incarnation,
            name: name,
            host: "there",
            processID: 7,
            software: "0.1.0",
            kinds: [.wikis, .modules],
            slots: 4
        )
    }

    /// Plans a run of kind `modules`, for these wikis and their known numbers of modules.
    func plan(_ wikis: [String: UInt64], family: String? = nil, at time: Timestamp) async throws -> PlannedRun {
        let facts = wikis.sorted { $0.key < $1.key }.map {
            WikiFacts(dbname: $0.key, site: "s", family: "f", isPrivate: false, knownModules: $0.value)
        }
        let drafts = try Planner(kinds: .standard).drafts(kinds: [.modules], wikis: facts, parameters: [])
        let request = RunRequest(kinds: [.modules], wikis: facts.map(\.dbname), family: family, requestedBy: "me@here")
        return try await store.plan(try await store.createRun(request, at: time), drafts: drafts, at: time)
    }

    func grant(_ job: JobID, at time: Timestamp) async throws -> Lease {
        try await apply(.granted(Job.Holder(lease: .random(), worker: worker)), to: job, at: time)
        return try #require(try await store.jobs([job]).first?.lease)
    }

    func apply(_ event: JobEvent, to id: JobID, at time: Timestamp) async throws {
        let before = try #require(try await store.jobs([id]).first)
        var generator = SystemRandomNumberGenerator()
        let (after, story) = try before.after(event, at: time, policy: JobPolicy(), using: &generator)
        let verdicts = try await store.commit([Transition(before: before, after: after, story: story, at: time)])
        #expect(verdicts == [.committed])
    }

    func checkpoint(_ lease: Lease, done: UInt64, expected: UInt64) async throws {
        let checkpoint = Checkpoint(sequence: 1, state: "{}", itemsDone: done, itemsExpected: expected)
        try await LeaseWriter(pool: pool, lease: lease).commit(checkpoint, within: .seconds(30)) { _ in }
    }
}
