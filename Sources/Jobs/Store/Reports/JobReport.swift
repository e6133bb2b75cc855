package import MariaDB

/// A job as people see it: its row, who holds it and where it has got to.
package struct JobReport: Sendable, Equatable {
    package let id: JobID
    /// The run that planned it.
    package let run: RunID
    package let kind: JobKind
    /// Empty for a kind that isn't about one wiki.
    package let wiki: String
    /// Empty for a job that isn't sharded.
    package let shard: String
    package let state: JobState
    package let attempt: UInt32
    /// The name of the worker that holds it.
    package let worker: String?
    package let resource: Resource
    package let dependsOn: JobID?
    package let notBefore: Timestamp?
    package let failures: UInt32
    package let losses: UInt32
    package let snoozes: UInt32
    package let lastError: String?
    package let counts: [String: UInt64]
    package let createdAt: Timestamp
    package let changedAt: Timestamp
    package let finishedAt: Timestamp?
    /// By its checkpoint; 0 when it has none.
    package let itemsDone: UInt64
    /// By its checkpoint or, where that doesn't say, by its plan; 0 when not known.
    package let itemsExpected: UInt64
}

/// Which jobs a list has.
package struct JobFilter: Sendable, Equatable {
    /// Jobs that this run has planned or joined.
    package var run: RunID?
    package var state: JobState?
    package var kind: JobKind?
    package var wiki: String?

    /// All jobs.
    package init() {}
}

/// One job with all that is known of it.
package struct JobDetailReport: Sendable, Equatable {
    /// What happened to a job at one time. A row of `job_events`.
    package struct Event: Sendable, Equatable {
        package let at: Timestamp
        /// A `JobStory.Name`, or a newer version's.
        package let event: String
        package let attempt: UInt32
        /// The name of the worker that it was about.
        package let worker: String?
        /// The term of the coordinator that wrote it.
        package let term: UInt64
        package let detail: String?
    }

    /// Where the job has got to. A row of `checkpoints`.
    package struct CheckpointReport: Sendable, Equatable {
        package let checkpoint: Checkpoint
        package let attempt: UInt32
        package let writtenAt: Timestamp
    }

    package let job: JobReport
    package let checkpoint: CheckpointReport?
    /// From the oldest on; of a longer story the newest part, as long as was asked for.
    package let story: [Event]
    /// Whether the story is longer.
    package let storyHasMore: Bool
}

extension JobReports {
    /// Jobs, the newest first.
    /// - Parameter limit: how many, at most ``rowLimit``.
    /// - Throws: what a `ConnectionPool` throws.
    package func jobs(_ filter: JobFilter = JobFilter(), limit: Int) async throws -> ReportPage<JobReport> {
        let limit = Self.bounded(limit)
        let (conditions, values) = filter.conditions
        let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "\(JobReport.select(of: filter.run)) \(clause) ORDER BY jobs.job_id DESC LIMIT ?",
                (filter.run.map { [.uint($0.rawValue), .uint($0.rawValue)] } ?? []) + values
                    + [.uint(UInt64(limit + 1))],
                limit: limit + 1
            )
        }
        return ReportPage(try rows.map(JobReport.init(row:)), limit: limit)
    }

    /// One job with its story; `nil` when there is none of this number.
    /// - Parameter events: how many events of its story, at most ``rowLimit``.
    /// - Throws: what a `ConnectionPool` throws.
    package func job(_ id: JobID, events: Int = 1000) async throws -> JobDetailReport? {
        let events = Self.bounded(events)
        return try await pool.withConnection { connection in
            let rows = try await connection.rows(
                "\(JobReport.select(of: nil)) WHERE jobs.job_id = ?",
                [.uint(id.rawValue)],
                limit: 1
            )
            guard let job = try rows.first.map(JobReport.init(row:)) else { return nil }
            let checkpoint = try await connection.rows(
                """
                SELECT sequence, attempt, state, items_done, items_expected, written_at FROM checkpoints WHERE job_id = ?
                """,
                [.uint(id.rawValue)],
                limit: 1
            )
            let story = try await connection.rows(
                """
                SELECT job_events.at, event, attempt, workers.name AS worker, term, detail
                FROM job_events LEFT JOIN workers ON workers.incarnation = job_events.worker
                WHERE job_id = ? ORDER BY event_id DESC LIMIT ?
                """,
                [.uint(id.rawValue), .uint(UInt64(events + 1))],
                limit: events + 1
            )
            let page = ReportPage(try story.map(JobDetailReport.Event.init(row:)), limit: events)
            return JobDetailReport(
                job: job,
                checkpoint: try checkpoint.first.map(JobDetailReport.CheckpointReport.init(row:)),
                story: page.items.reversed(),
                storyHasMore: page.more
            )
        }
    }
}

extension JobFilter {
    /// The numbers of the jobs that a run has planned or joined; the run's number is a value twice.
    static let ofRun = "SELECT job_id FROM jobs WHERE run_id = ? UNION SELECT job_id FROM run_joins WHERE run_id = ?"

    /// All but the run's, which is a table of its own.
    var conditions: (sql: [String], values: [Value]) {
        var sql: [String] = []
        var values: [Value] = []
        if let state {
            // Says what the state implies as well, for the index.
            sql.append("jobs.state = ? AND jobs.active \(state.isActive ? "= 1" : "IS NULL")")
            values.append(.string(state.rawValue))
        }
        if let kind {
            sql.append("jobs.kind = ?")
            values.append(.string(kind.rawValue))
        }
        if let wiki {
            sql.append("jobs.wiki = ?")
            values.append(.string(wiki))
        }
        return (sql, values)
    }
}

extension JobReport {
    /// What ``init(row:)`` reads. With a run its number is a value twice.
    fileprivate static func select(of run: RunID?) -> String {
        let jobs =
            run == nil
            ? "jobs"
            : """
            (\(JobFilter.ofRun)) AS wanted JOIN jobs ON jobs.job_id = wanted.job_id
            """
        return """
            SELECT jobs.job_id, run_id, jobs.state, kind, wiki, shard, jobs.attempt, workers.name AS worker, resource,
                depends_on, not_before, failures, losses, snoozes, last_error, counts, created_at, changed_at, finished_at,
                COALESCE(checkpoints.items_done, 0) AS items_done,
                COALESCE(NULLIF(checkpoints.items_expected, 0), jobs.expected_items) AS items_expected
            FROM \(jobs)
            LEFT JOIN workers ON workers.incarnation = jobs.worker
            LEFT JOIN checkpoints ON checkpoints.job_id = jobs.job_id
            """
    }

    fileprivate init(row: Row) throws {
        let dependsOn: UInt64? = try row.decode("depends_on")
        let counts: [UInt8]? = try row.decode("counts")
        id = JobID(rawValue: try row.decode("job_id"))
        run = RunID(rawValue: try row.decode("run_id"))
        kind = JobKind(rawValue: try row.decode("kind"))
        wiki = try row.decode("wiki")
        shard = try row.decode("shard")
        state = try row.decodeJobState()
        attempt = try row.decode("attempt")
        worker = try row.decode("worker")
        resource = Resource(rawValue: try row.decode("resource"))
        self.dependsOn = dependsOn.map(JobID.init)
        notBefore = try row.decode("not_before")
        failures = try row.decode("failures")
        losses = try row.decode("losses")
        snoozes = try row.decode("snoozes")
        lastError = try row.decode("last_error")
        self.counts = try counts.map(JobRow.counts) ?? [:]
        createdAt = try row.decode("created_at")
        changedAt = try row.decode("changed_at")
        finishedAt = try row.decode("finished_at")
        itemsDone = try row.decode("items_done")
        itemsExpected = try row.decode("items_expected")
    }
}

extension JobDetailReport.Event {
    fileprivate init(row: Row) throws {
        at = try row.decode("at")
        event = try row.decode("event")
        attempt = try row.decode("attempt")
        worker = try row.decode("worker")
        term = try row.decode("term")
        detail = try row.decode("detail")
    }
}

extension JobDetailReport.CheckpointReport {
    fileprivate init(row: Row) throws {
        checkpoint = Checkpoint(
            sequence: try row.decode("sequence"),
            state: try row.decode("state"),
            itemsDone: try row.decode("items_done"),
            itemsExpected: try row.decode("items_expected")
        )
        attempt = try row.decode("attempt")
        writtenAt = try row.decode("written_at")
    }
}
