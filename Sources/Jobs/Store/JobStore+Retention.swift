package import MariaDB

extension JobStore {
    /// Ended runs that may go: none of their jobs is active, and no run that is kept has joined one of them.
    /// - Parameters:
    ///   - time: those that ended before it.
    ///   - last: where to go on: only runs with greater numbers. 0 at the beginning.
    package func removableRuns(endedBefore time: Timestamp, after last: RunID, limit: Int) async throws -> [RunID] {
        try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT run_id FROM runs WHERE run_id > ? AND \(Self.isRemovable) ORDER BY run_id LIMIT ?
                """,
                [.uint(last.rawValue), .datetime(time), .datetime(time), .uint(UInt64(limit))],
                limit: limit
            ).map { RunID(rawValue: try $0.decode("run_id")) }
        }
    }

    private static let isRemovable = """
        finished_at < ?
            AND NOT EXISTS (SELECT 1 FROM jobs
                WHERE jobs.run_id = runs.run_id AND state IN ('waiting', 'ready', 'leased'))
            AND NOT EXISTS (SELECT 1 FROM jobs JOIN run_joins USING (job_id)
                JOIN runs AS other ON other.run_id = run_joins.run_id
                WHERE jobs.run_id = runs.run_id AND (other.finished_at IS NULL OR other.finished_at >= ?))
        """
    /// So many events one transaction removes.
    private static let eventsPerTransaction = 2000

    /// Removes some jobs of a run with all that belongs to them, and the run itself with the last of them.
    /// - Parameter time: a run that ended later, or is active again, is left alone.
    /// - Returns: how many jobs were removed, and whether there is more to do.
    package func removePart(of run: RunID, endedBefore time: Timestamp) async throws -> (jobs: Int, more: Bool) {
        try await asCoordinator("remove an old run") { transaction in
            let found = try await transaction.rows(
                "SELECT run_id FROM runs WHERE run_id = ? AND finished_at < ? FOR UPDATE",
                [.uint(run.rawValue), .datetime(time)]
            )
            guard !found.isEmpty else { return (0, false) }
            let jobs = try await transaction.rows(
                "SELECT job_id FROM jobs WHERE run_id = ? AND active IS NULL ORDER BY job_id LIMIT ?",
                [.uint(run.rawValue), .int(Int64(JobRow.idsPerQuery))]
            ).map { JobID(rawValue: try $0.decode("job_id")) }
            guard !jobs.isEmpty else {
                try await transaction.execute("DELETE FROM run_joins WHERE run_id = ?", [.uint(run.rawValue)])
                try await transaction.execute(
                    "DELETE FROM runs WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE run_id = ?)",
                    [.uint(run.rawValue), .uint(run.rawValue)]
                )
                return (0, false)
            }
            let ids = JobRow.padded(jobs)
            let events = try await transaction.execute(
                """
                DELETE FROM job_events WHERE job_id IN (\(JobRow.placeholders))
                ORDER BY job_id, event_id LIMIT \(Self.eventsPerTransaction)
                """,
                ids
            )
            if events.affectedRows >= Self.eventsPerTransaction { return (0, true) }
            for table in ["checkpoints", "run_joins", "jobs"] {
                try await transaction.execute("DELETE FROM \(table) WHERE job_id IN (\(JobRow.placeholders))", ids)
            }
            return (jobs.count, true)
        }
    }

    /// Removes events of jobs that have ended.
    /// - Parameters:
    ///   - time: those that happened before it.
    ///   - last: where to go on: only events with greater numbers. 0 at the beginning.
    /// - Returns: how many were removed, and where to go on; `nil` at the end.
    package func removeEvents(
        before time: Timestamp,
        after last: UInt64,
        limit: Int
    ) async throws -> (removed: Int, last: UInt64?) {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT event_id, at < ? AS is_old, jobs.active IS NULL AS has_ended
                FROM job_events LEFT JOIN jobs USING (job_id) WHERE event_id > ? ORDER BY event_id LIMIT ?
                """,
                [.datetime(time), .uint(last), .int(Int64(limit))],
                limit: limit
            ).map { row -> (id: UInt64, isOld: Bool, hasEnded: Bool) in
                (try row.decode("event_id"), try row.decode("is_old"), try row.decode("has_ended"))
            }
        }
        // Their numbers grow with their times.
        let old = rows.prefix { $0.isOld }
        let ended = old.filter(\.hasEnded).map(\.id)
        if !ended.isEmpty {
            try await asCoordinator("remove old events") { transaction in
                try await transaction.executeBulk("DELETE FROM job_events WHERE event_id = ?", [.uints(ended)])
            }
        }
        return (ended.count, old.count == limit ? old.last?.id : nil)
    }

    /// Removes workers that have left or were lost.
    /// - Parameter time: those that were heard last before it.
    /// - Returns: how many; when it is `limit`, there may be more.
    package func removeWorkers(seenBefore time: Timestamp, limit: Int) async throws -> Int {
        try await asCoordinator("remove old workers") { transaction in
            let workers: [[UInt8]] = try await transaction.rows(
                "SELECT incarnation FROM workers WHERE state IN ('left', 'lost') AND seen_at < ? LIMIT ?",
                [.datetime(time), .int(Int64(limit))]
            ).map { try $0.decode("incarnation") }
            // One that was called lost may be heard again meanwhile.
            return Int(
                try await transaction.executeBulk(
                    "DELETE FROM workers WHERE incarnation = ? AND state IN ('left', 'lost') AND seen_at < ?",
                    [.bytes(workers), .timestamps(workers.map { _ in time })]
                ).affectedRows
            )
        }
    }

    /// How many runs, events and workers there are to remove; 0 for what is kept for ever.
    package func countRemovable(
        runsBefore: Timestamp?,
        eventsBefore: Timestamp?,
        workersBefore: Timestamp?
    ) async throws -> (runs: Int, events: Int, workers: Int) {
        try await pool.withConnection { connection in
            func count(_ before: Timestamp?, _ sql: String, times: Int = 1) async throws -> Int {
                guard let before else { return 0 }
                let values = Array(repeating: Value.datetime(before), count: times)
                return try await connection.rows(sql, values).first?.decode(at: 0) ?? 0
            }
            return (
                try await count(runsBefore, "SELECT COUNT(*) FROM runs WHERE \(Self.isRemovable)", times: 2),
                try await count(
                    eventsBefore,
                    """
                    SELECT COUNT(*) FROM job_events LEFT JOIN jobs USING (job_id)
                    WHERE at < ? AND jobs.active IS NULL
                    """
                ),
                try await count(
                    workersBefore,
                    "SELECT COUNT(*) FROM workers WHERE state IN ('left', 'lost') AND seen_at < ?"
                )
            )
        }
    }
}
