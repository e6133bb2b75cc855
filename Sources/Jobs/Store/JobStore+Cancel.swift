package import MariaDB

extension JobStore {
    /// The state of a run, as the column has it; `nil` when there is none of this number.
    package func state(of run: RunID) async throws -> String? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows("SELECT state FROM runs WHERE run_id = ?", [.uint(run.rawValue)], limit: 1)
        }
        return try rows.first?.decode("state")
    }

    /// Ends a run that isn't finished as cancelled, and drops its joins. Its own jobs go on.
    /// - Returns: how many joins were dropped; 0 for a run that is finished.
    package func cancel(_ run: RunID, at now: Timestamp) async throws -> Int {
        try await asCoordinator("cancel a run") { transaction in
            let outcome = try await transaction.execute(
                "UPDATE runs SET state = 'cancelled', finished_at = ? WHERE run_id = ? AND finished_at IS NULL",
                [.datetime(now), .uint(run.rawValue)]
            )
            guard outcome.affectedRows > 0 else { return 0 }
            return Int(
                try await transaction.execute("DELETE FROM run_joins WHERE run_id = ?", [.uint(run.rawValue)])
                    .affectedRows
            )
        }
    }

    /// The active jobs that a run has planned, and which of them another run that isn't finished has joined.
    package func ownActiveJobs(of run: RunID) async throws -> (jobs: [Job], joined: Set<JobID>) {
        var (jobs, joined): ([Job], Set<JobID>) = ([], [])
        let batch = 1000
        while true {
            let last = jobs.last?.id.rawValue ?? 0
            let rows = try await pool.withConnection { connection in
                try await connection.rows(
                    """
                    SELECT \(JobRow.columns), EXISTS (
                        SELECT 1 FROM run_joins JOIN runs ON runs.run_id = run_joins.run_id
                        WHERE run_joins.job_id = jobs.job_id AND runs.finished_at IS NULL
                    ) AS is_joined
                    FROM jobs WHERE run_id = ? AND active = 1 AND job_id > ? ORDER BY job_id LIMIT ?
                    """,
                    [.uint(run.rawValue), .uint(last), .uint(UInt64(batch))],
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

    /// Runs that were finished and have active jobs again, since these are retried: they go on.
    func reopenRuns(withRetried jobs: [JobID], in transaction: Transaction) async throws {
        for start in stride(from: 0, to: jobs.count, by: JobRow.idsPerQuery) {
            let ids = JobRow.padded(Array(jobs[start..<min(start + JobRow.idsPerQuery, jobs.count)]))
            let runs = try await transaction.rows(
                """
                SELECT run_id FROM jobs WHERE job_id IN (\(JobRow.placeholders))
                UNION SELECT run_id FROM run_joins WHERE job_id IN (\(JobRow.placeholders)) ORDER BY run_id
                """,
                ids + ids,
                limit: 100_000
            )
            for run in runs {
                try await transaction.execute(
                    """
                    UPDATE runs SET state = 'active', planned_at = COALESCE(planned_at, finished_at), finished_at = NULL
                    WHERE run_id = ? AND finished_at IS NOT NULL
                    """,
                    [.uint(try run.decode("run_id"))]
                )
            }
        }
    }
}
