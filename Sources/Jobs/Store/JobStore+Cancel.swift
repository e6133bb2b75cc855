package import MariaDB

extension JobStore {
    /// The state of a run, as the column has it; `nil` when there is none of this number.
    package func state(of run: RunID) async throws -> String? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows("SELECT state FROM runs WHERE run_id = ?", [.uint(run.rawValue)], limit: 1)
        }
        return try rows.first?.decode("state")
    }

    /// Ends a run that isn't finished as cancelled. Its jobs go on, and what it has joined is still known.
    package func cancel(_ run: RunID, at now: Timestamp) async throws {
        try await asCoordinator("cancel a run") { transaction in
            try await transaction.execute(
                "UPDATE runs SET state = 'cancelled', finished_at = ? WHERE run_id = ? AND finished_at IS NULL",
                [.datetime(now), .uint(run.rawValue)]
            )
        }
    }

    /// Drops what a run has joined.
    /// - Returns: how many of those jobs are active, and go on.
    package func dropJoins(of run: RunID) async throws -> Int {
        try await asCoordinator("drop the joins of a run") { transaction in
            let rows = try await transaction.rows(
                "SELECT COUNT(*) AS jobs FROM run_joins JOIN jobs USING (job_id) WHERE run_joins.run_id = ? AND active = 1",
                [.uint(run.rawValue)],
                limit: 1
            )
            try await transaction.execute("DELETE FROM run_joins WHERE run_id = ?", [.uint(run.rawValue)])
            return try rows.first?.decode("jobs") ?? 0
        }
    }

    /// The active jobs of cancelled runs that a cancelled run has planned or joined, and those of them that these depend on; and
    /// which of all these another run that isn't finished has joined. Nobody else waits for the others.
    package func activeJobs(ofCancelled run: RunID) async throws -> (jobs: [Job], joined: Set<JobID>) {
        var (jobs, joined): ([Job], Set<JobID>) = ([], [])
        let columns = JobRow.columns.split(separator: ", ").map { "jobs.\($0)" }.joined(separator: ", ")
        let batch = 1000
        while true {
            let last = jobs.last?.id.rawValue ?? 0
            let rows = try await pool.withConnection { connection in
                try await connection.rows(
                    """
                    WITH RECURSIVE asked AS (
                        SELECT job_id FROM jobs WHERE run_id = ? AND active = 1
                        UNION SELECT job_id FROM run_joins WHERE run_id = ?
                        UNION SELECT jobs.depends_on FROM asked JOIN jobs ON jobs.job_id = asked.job_id
                        WHERE jobs.depends_on IS NOT NULL
                    )
                    SELECT \(columns), EXISTS (
                        SELECT 1 FROM run_joins JOIN runs ON runs.run_id = run_joins.run_id
                        WHERE run_joins.job_id = jobs.job_id AND runs.finished_at IS NULL
                    ) AS is_joined
                    FROM asked JOIN jobs ON jobs.job_id = asked.job_id JOIN runs AS own ON own.run_id = jobs.run_id
                    WHERE own.state = 'cancelled' AND jobs.active = 1 AND jobs.job_id > ? ORDER BY jobs.job_id LIMIT ?
                    """,
                    [.uint(run.rawValue), .uint(run.rawValue), .uint(last), .uint(UInt64(batch))],
                    limit: batch
                )
            }
            for row in rows {
                let job = try Job(row: row)
                jobs.append(job)
                if try row.decode("is_joined") { joined.insert(job.id) }
            }
            if rows.count < batch { return (jobs, joined) }
        }
    }

    /// Runs that were finished and have active jobs again, since these are retried: they go on. One that was cancelled does so
    /// only for jobs of its own that were cancelled too, and not for what had failed before.
    /// - Parameter jobs: as they were.
    func reopenRuns(withRetried jobs: [Job], in transaction: Transaction) async throws {
        let uncancelled = Set(jobs.filter { $0.state == .cancelled }.map(\.run.rawValue))
        for start in stride(from: 0, to: jobs.count, by: JobRow.idsPerQuery) {
            let ids = JobRow.padded(jobs[start..<min(start + JobRow.idsPerQuery, jobs.count)].map(\.id))
            let runs = try await transaction.rows(
                """
                SELECT run_id FROM jobs WHERE job_id IN (\(JobRow.placeholders))
                UNION SELECT run_id FROM run_joins WHERE job_id IN (\(JobRow.placeholders)) ORDER BY run_id
                """,
                ids + ids,
                limit: 100_000
            )
            for row in runs {
                let run: UInt64 = try row.decode("run_id")
                try await transaction.execute(
                    """
                    UPDATE runs SET state = 'active', planned_at = COALESCE(planned_at, finished_at), finished_at = NULL
                    WHERE run_id = ? AND finished_at IS NOT NULL AND (state <> 'cancelled' OR ?)
                    """,
                    [.uint(run), .uint(uncancelled.contains(run) ? 1 : 0)]
                )
            }
        }
    }
}
