import Catalog
import HTTPFetch
import Jobs
import Logging
import MariaDB
import PrivateMariaDB

@testable import Worker

/// A database with one wiki, and jobs that are leased on it.
struct Bench {
    let pool: ConnectionPool
    private let http: HTTPClient
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// The database with a list of wikis, where there is one.
    var metaDatabase: ConnectionSettings?

    /// - Parameter url: of the wiki `testwiki`.
    init(url: String, connections: Int = 2) async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        _ = try await Migrator(Schema.migrations, settings: settings, logger: logger).apply()
        pool = ConnectionPool(settings: settings, limit: connections, logger: logger)
        http = try HTTPClient(HTTPClientSettings(userAgent: "Perigee/0 (test; bot)"))
        let wiki = WikiEntry(
            dbname: "testwiki",
            url: url,
            site: "test",
            lang: "en",
            family: "wikipedia",
            isClosed: false,
            isPrivate: false,
            isFishbowl: false
        )
        try await pool.transaction("test") { transaction in
            _ = try await WikiTable.sync([wiki], source: .list, at: .now, in: transaction)
        }
        try await execute(
            """
            INSERT INTO runs (state, kinds, requested_by, request_id, created_at, planned_at)
            VALUES ('active', 'modules', 'test', UNHEX(REPEAT('00', 16)), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """
        )
    }

    /// A new job, about the one wiki where its kind is about one.
    func job(_ kind: JobKind = .modules, shard: String = "") async throws -> JobID {
        let id = try await execute(
            """
            INSERT INTO jobs (run_id, state, kind, wiki, shard, resource, created_at, changed_at)
            VALUES (1, 'ready', ?, ?, ?, 'site:test', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """,
            [.string(kind.rawValue), .string(wiki(of: kind)), .string(shard)]
        ).lastInsertID
        return JobID(rawValue: id)
    }

    private func wiki(of kind: JobKind) -> String { kind == .modules ? "testwiki" : "" }

    /// Leases a job, taking it from whoever has it, and gives what its work sees.
    func lease(
        _ job: JobID,
        _ kind: JobKind = .modules,
        shard: String = "",
        parameters: [UInt8] = []
    ) async throws -> WorkContext {
        let lease = RandomID.random()
        try await execute(
            "UPDATE jobs SET state = 'leased', attempt = attempt + 1, lease_id = ?, worker = ? WHERE job_id = ?",
            [.bytes(lease.bytes), .bytes(RandomID.random().bytes), .uint(job.rawValue)]
        )
        let attempt: UInt32 = try await rows("SELECT attempt FROM jobs WHERE job_id = ?", [.uint(job.rawValue)])[0]
            .decode("attempt")
        let named = Lease(job: job, attempt: attempt, id: lease)
        var settings = WorkerSettings(slots: 1, http: HTTPClientSettings(userAgent: "test"), hasContact: true)
        settings.metaDatabase = metaDatabase
        let board = HoldBoard(patience: .seconds(5))
        return WorkContext(
            lease: named,
            kind: kind,
            wiki: wiki(of: kind),
            shard: shard,
            site: .site("test"),
            parameters: parameters,
            pool: pool,
            http: http,
            settings: settings,
            logger: logger,
            control: JobControl(lease: named, pace: Pace(board: board), leaseEnds: .now + .seconds(60)),
            board: board
        )
    }

    /// A whole job: what it counted.
    @discardableResult
    func harvest() async throws -> [String: UInt64] {
        let job = try await job()
        let counts = try await ModulesWork().run(try await lease(job))
        try await finish(job)
        return counts
    }

    /// A whole job for what has changed: what it counted.
    @discardableResult
    func harvestChanges() async throws -> [String: UInt64] {
        let job = try await job(shard: ModulesParameters.changedShard)
        let counts = try await ModulesWork().run(try await lease(job, shard: ModulesParameters.changedShard))
        try await finish(job)
        return counts
    }

    /// The job is done; there may be another one like it.
    func finish(_ job: JobID) async throws {
        try await execute(
            """
            UPDATE jobs SET state = 'done', lease_id = NULL, worker = NULL, finished_at = UTC_TIMESTAMP(6)
            WHERE job_id = ?
            """,
            [.uint(job.rawValue)]
        )
    }

    /// What becomes of a job whose work throws.
    func failure() async throws -> JobResult? {
        let context = try await lease(try await job())
        do {
            _ = try await ModulesWork().run(context)
            return nil
        } catch {
            return JobResult(error, lease: context.control.standing, site: .site("test"), wiki: "testwiki")
        }
    }

    // MARK: Tables

    @discardableResult
    func execute(_ sql: String, _ values: [Value] = []) async throws -> Outcome {
        try await pool.withConnection { try await $0.execute(sql, values) }
    }

    func rows(_ sql: String, _ values: [Value] = []) async throws -> [Row] {
        try await pool.withConnection { try await $0.rows(sql, values) }
    }

    func number(_ sql: String) async throws -> Int { try await rows(sql).first?.decode(at: 0) ?? -1 }

    /// `title revision reason`, with `deleted` behind it where that is so, in the order of page ids.
    func pages() async throws -> [String] {
        try await rows(
            """
            SELECT CONCAT_WS(' ', title, lastrevid, no_source_reason, IF(deleted_at IS NULL, NULL, 'deleted')) AS page
            FROM modules ORDER BY page_id
            """
        ).map { try $0.decode("page") }
    }
}
