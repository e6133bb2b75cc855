import Catalog
import Concurrency
import Logging
import MariaDB
import PrivateMariaDB
import TCPForwarder

@testable import Jobs

/// A database of its own with the newest schema, and the store of the coordinator that has its first term.
struct TestStore {
    static let now = Timestamp(microseconds: 1_800_000_000_000_000)

    let pool: ConnectionPool
    let store: JobStore

    /// - Parameter forwarder: what the connections of the pool go through.
    static func make(through forwarder: TCPForwarder? = nil, server: PrivateMariaDB? = nil) async throws -> TestStore {
        let shared = try await PrivateMariaDB.shared
        var settings = try await (server ?? shared).makeDatabase()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(Schema.migrations, settings: settings, logger: logger).apply()
        if let forwarder { settings.endpoint = .tcp(host: "127.0.0.1", port: forwarder.port) }
        let pool = ConnectionPool(settings: settings, limit: 4, logger: logger)
        return TestStore(pool: pool, store: try await takeTerm(pool))
    }

    static func takeTerm(_ pool: ConnectionPool, incarnation: RandomID = .random()) async throws -> JobStore {
        try await JobStore.takeTerm(
            in: pool,
            incarnation: incarnation,
            host: "host",
            software: "1",
            takeover: .seconds(20),
            deposing: true,
            at: now
        )
    }

    static func draft(
        _ wiki: String,
        kind: JobKind = .modules,
        expectedItems: UInt64 = 0,
        waitsFor: [JobKind] = []
    ) -> Planner.Draft {
        Planner.Draft(
            kind: kind,
            wiki: wiki,
            shard: "",
            resource: .site("a"),
            expectedItems: expectedItems,
            waitsFor: waitsFor
        )
    }

    static func request(_ wikis: [String] = []) -> RunRequest {
        RunRequest(kinds: [.modules], wikis: wikis, requestedBy: "me@host")
    }

    /// Plans a run with a job for each wiki, and gives the jobs in the order of the wikis.
    @discardableResult
    func plan(_ wikis: [String]) async throws -> (run: RunID, jobs: [Job]) {
        let run = try await store.createRun(Self.request(), at: Self.now)
        let planned = try await store.plan(run, drafts: wikis.map { Self.draft($0) }, at: Self.now)
        return (run, try await store.jobs(planned.jobs))
    }

    /// Plans a run with one job.
    func planJob(_ wiki: String) async throws -> Job {
        guard let job = try await plan([wiki]).jobs.first else { throw NotCommitted() }
        return job
    }

    /// Commits what `events` make of a job, each as a transition of the same transaction.
    @discardableResult
    func step(_ job: Job, _ events: JobEvent...) async throws -> Job {
        let transitions = Self.transitions(job, events)
        let verdicts = try await store.commit(transitions)
        guard verdicts.allSatisfy({ $0 == .committed }), let last = transitions.last else { throw NotCommitted() }
        return last.after
    }

    /// What `events`, one after the other, make of a job.
    static func transitions(_ job: Job, _ events: [JobEvent]) -> [Transition] {
        var generator = SystemRandomNumberGenerator()
        var before = job
        return events.compactMap { event in
            guard let (after, story) = try? before.after(event, at: now, policy: JobPolicy(), using: &generator) else {
                return nil
            }
            defer { before = after }
            return Transition(before: before, after: after, story: story, at: now)
        }
    }

    static var holder: Job.Holder { Job.Holder(lease: .random(), worker: .random()) }

    /// The names of the events of a job, in their order.
    func story(_ job: Job) async throws -> [String] {
        try await rows("SELECT event FROM job_events WHERE job_id = ? ORDER BY event_id", [.uint(job.id.rawValue)])
            .map { try $0.decode("event") }
    }

    func state(_ run: RunID) async throws -> String {
        try await rows("SELECT state FROM runs WHERE run_id = ?", [.uint(run.rawValue)])[0].decode("state")
    }

    func count(_ sql: String) async throws -> Int { try await rows("SELECT COUNT(*) FROM \(sql)")[0].decode(at: 0) }

    func rows(_ sql: String, _ values: [Value] = []) async throws -> [Row] {
        try await pool.withConnection { try await $0.rows(sql, values) }
    }

    func execute(_ sql: String) async throws {
        try await pool.withConnection { _ = try await $0.execute(sql) }
    }

    /// Whether a transaction of this database waits for a lock.
    ///
    /// From the monitor's report, since `information_schema.innodb_trx` doesn't change for as long as it is read more often
    /// than every 0.1 s. Source: `CACHE_MIN_IDLE_TIME_NS` in MariaDB's storage/innobase/trx/trx0i_s.cc.
    func somebodyWaitsForALock() async throws -> Bool {
        let name: String = try await rows("SELECT DATABASE()")[0].decode(at: 0)
        let connection = try await Connection.open(PrivateMariaDB.shared.administration)
        let ids = try await connection.rows(
            "SELECT id FROM information_schema.processlist WHERE db = ?",
            [.string(name)]
        )
        .map { try $0.decode(at: 0) as UInt64 }
        let report: String = try await connection.rows("SHOW ENGINE INNODB STATUS")[0].decode("Status")
        await connection.close()
        return report.split(separator: "---TRANSACTION").contains { transaction in
            transaction.contains("LOCK WAIT") && ids.contains { transaction.contains("thread id \($0),") }
        }
    }

    /// All that the coordinator writes.
    func dump() async throws -> [[[Value]]] {
        var tables: [[[Value]]] = []
        for table in ["runs", "jobs", "run_joins", "job_events", "workers"] {
            tables.append(try await rows("SELECT * FROM \(table) ORDER BY 1, 2").map(\.values))
        }
        return tables
    }
}

struct NotCommitted: Error {}
