package import MariaDB

/// How far runs have got, at one time.
package struct ProgressSample: Sendable, Equatable {
    /// By the clock of the database.
    package let at: Timestamp
    /// By their numbers.
    package let runs: [RunProgress]
    /// The streams that are followed.
    package let streams: [StreamProgress]

    /// Describes how far runs have got.
    package init(at: Timestamp, runs: [RunProgress], streams: [StreamProgress] = []) {
        self.at = at
        self.runs = runs
        self.streams = streams
    }
}

/// How far one run has got.
package struct RunProgress: Sendable, Equatable {
    package let id: RunID
    /// As the column `state` of `runs` has it.
    package let state: String
    package let createdAt: Timestamp
    package let finishedAt: Timestamp?
    /// In the order in which the run was asked for them; none before it is planned.
    package let kinds: [KindProgress]

    /// Describes how far a run has got.
    package init(id: RunID, state: String, createdAt: Timestamp, finishedAt: Timestamp?, kinds: [KindProgress]) {
        self.id = id
        self.state = state
        self.createdAt = createdAt
        self.finishedAt = finishedAt
        self.kinds = kinds
    }
}

/// How far the jobs of one kind have got in one run, both its own and those that it has joined.
package struct KindProgress: Sendable, Equatable {
    package let kind: JobKind
    package var jobs: [JobState: Int]
    /// By the checkpoints.
    package var itemsDone: UInt64
    /// With those that are done. Jobs of which it isn't known count with what they have done.
    package var itemsExpected: UInt64
    /// How many active jobs there are of which it isn't known how many items they have.
    package var unsizedJobs: Int

    /// Describes how far a kind has got.
    package init(
        kind: JobKind,
        jobs: [JobState: Int] = [:],
        itemsDone: UInt64 = 0,
        itemsExpected: UInt64 = 0,
        unsizedJobs: Int = 0
    ) {
        self.kind = kind
        self.jobs = jobs
        self.itemsDone = itemsDone
        self.itemsExpected = itemsExpected
        self.unsizedJobs = unsizedJobs
    }

    /// How many jobs there are.
    package var jobCount: Int { jobs.values.reduce(0, +) }

    /// How many jobs there are that go on.
    package var activeJobs: Int { jobs.reduce(0) { $0 + ($1.key.isActive ? $1.value : 0) } }
}

extension JobReports {
    /// How many runs one sample can have.
    package static let sampleLimit = 64

    /// How far runs have got: those that are named, whatever their state, and all that aren't finished if none is named.
    /// - Parameter named: at most ``sampleLimit``; further ones are left out, as are the oldest of more active ones.
    /// - Throws: what a `ConnectionPool` throws.
    package func progress(of named: [RunID] = []) async throws -> ProgressSample {
        try await pool.withConnection { connection in
            let wanted = named.prefix(Self.sampleLimit).map { Value.uint($0.rawValue) }
            let condition =
                wanted.isEmpty ? "finished_at IS NULL" : "run_id IN (\(Self.placeholders(wanted.count)))"
            let time = try await connection.rows("SELECT NOW(6) AS at", limit: 1).first?.decode("at") ?? Timestamp.now
            let runs = try await connection.rows(
                """
                SELECT run_id, state, kinds, created_at, finished_at FROM runs WHERE \(condition)
                ORDER BY run_id DESC LIMIT \(Self.sampleLimit)
                """,
                wanted,
                limit: Self.sampleLimit
            )
            let ids = try runs.map { Value.uint(try $0.decode("run_id")) }
            let kinds = ids.isEmpty ? [:] : try await Self.kinds(of: ids, on: connection)
            return ProgressSample(
                at: time,
                runs: try runs.reversed().map { try RunProgress(row: $0, kinds: kinds) },
                streams: try await Self.streams(on: connection)
            )
        }
    }

    private static func kinds(
        of runs: [Value],
        on connection: Connection
    ) async throws -> [UInt64: [JobKind: KindProgress]] {
        let list = placeholders(runs.count)
        let expected = "IF(COALESCE(c.items_expected, 0) > 0, c.items_expected, j.expected_items)"
        let rows = try await connection.rows(
            """
            SELECT r.run_id, j.kind, j.state, COUNT(*) AS jobs, SUM(COALESCE(c.items_done, 0)) AS done,
                SUM(IF(j.active = 1, GREATEST(\(expected), COALESCE(c.items_done, 0)), COALESCE(c.items_done, 0))) AS expected,
                SUM(IF(j.active = 1 AND \(expected) = 0, 1, 0)) AS unsized
            FROM (
                SELECT run_id, job_id FROM jobs WHERE run_id IN (\(list))
                UNION ALL SELECT run_id, job_id FROM run_joins WHERE run_id IN (\(list))
            ) AS r JOIN jobs AS j ON j.job_id = r.job_id LEFT JOIN checkpoints AS c ON c.job_id = j.job_id
            GROUP BY r.run_id, j.kind, j.state
            """,
            runs + runs
        )
        var progress: [UInt64: [JobKind: KindProgress]] = [:]
        for row in rows {
            guard let state = JobState(rawValue: try row.decode("state")) else { continue }
            let kind = JobKind(rawValue: try row.decode("kind"))
            var sum = progress[try row.decode("run_id"), default: [:]][kind] ?? KindProgress(kind: kind)
            sum.jobs[state] = try row.decode("jobs")
            sum.itemsDone += try row.decode("done", as: UInt64.self)
            sum.itemsExpected += try row.decode("expected", as: UInt64.self)
            sum.unsizedJobs += try row.decode("unsized", as: Int.self)
            progress[try row.decode("run_id"), default: [:]][kind] = sum
        }
        return progress
    }
}

extension RunProgress {
    fileprivate init(row: Row, kinds progress: [UInt64: [JobKind: KindProgress]]) throws {
        let id: UInt64 = try row.decode("run_id")
        let names: String = try row.decode("kinds")
        let kinds = names.split(separator: ",").map { JobKind(rawValue: String($0)) }
        self.init(
            id: RunID(rawValue: id),
            state: try row.decode("state"),
            createdAt: try row.decode("created_at"),
            finishedAt: try row.decode("finished_at"),
            kinds: kinds.compactMap { progress[id]?[$0] }
        )
    }
}
