import MariaDB

extension JobStore {
    /// What became of a transition.
    package enum Verdict: Sendable, Equatable {
        /// It is in the table, now or by an earlier try.
        case committed
        /// The table had something else; here is the job as it stands there, `nil` when there is none.
        case stale(Job?)
        /// Somebody else has locked the row.
        case passedOver
    }

    /// Writes transitions and their events in one transaction, closes the runs that they end and opens those that go on.
    ///
    /// The rows are locked first and compared with what each decision was made on. One that doesn't fit is left out, which
    /// is a normal answer, and so is what it would have brought about. A job may be in several transitions; their order is
    /// kept.
    /// - Parameter skippingLocked: passes over rows that somebody else has locked, instead of waiting for them.
    /// - Returns: one verdict per transition.
    package func commit(_ transitions: [Transition], skippingLocked: Bool = false) async throws -> [Verdict] {
        guard !transitions.isEmpty else { return [] }
        return try await asCoordinator("commit transitions") { transaction in
            let rows = try await lockedJobs(
                Set(transitions.map(\.after.id)),
                skippingLocked: skippingLocked,
                in: transaction
            )
            let checkpoints = try await checkpoints(
                of: Set(transitions.filter { $0.checkpoint > 0 }.map(\.after.id)),
                in: transaction
            )
            let absent = Set(transitions.map(\.after.id)).subtracting(rows.keys)
            let plan = CommitPlan(
                transitions,
                rows: rows,
                locked: skippingLocked ? try await existing(absent, in: transaction) : [],
                checkpoints: checkpoints
            )
            try await write(plan.written, in: transaction)
            return plan.verdicts
        }
    }

    /// The sequence number of a job's checkpoint; 0 when it has none.
    package func checkpointSequence(of job: JobID) async throws -> UInt32 {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT sequence FROM checkpoints WHERE job_id = ?",
                [.uint(job.rawValue)],
                limit: 1
            )
        }
        return try rows.first?.decode("sequence") ?? 0
    }

    /// Those of the jobs that are in the table, locked or not.
    private func existing(_ ids: Set<JobID>, in transaction: Transaction) async throws -> Set<JobID> {
        let rows = try await transaction.rows("SELECT job_id FROM jobs", about: ids)
        return Set(try rows.map { JobID(rawValue: try $0.decode("job_id")) })
    }

    /// The sequence numbers of checkpoints. Their writers hold a lock on the job's row, as the caller does.
    private func checkpoints(of ids: Set<JobID>, in transaction: Transaction) async throws -> [JobID: UInt32] {
        var sequences: [JobID: UInt32] = [:]
        for row in try await transaction.rows("SELECT job_id, sequence FROM checkpoints", about: ids) {
            sequences[JobID(rawValue: try row.decode("job_id"))] = try row.decode("sequence")
        }
        return sequences
    }

    private func lockedJobs(
        _ ids: Set<JobID>,
        skippingLocked: Bool,
        in transaction: Transaction
    ) async throws -> [JobID: Job] {
        var jobs: [JobID: Job] = [:]
        let rows = try await transaction.rows(
            "SELECT \(JobRow.columns) FROM jobs",
            about: ids,
            "ORDER BY job_id FOR UPDATE\(skippingLocked ? " SKIP LOCKED" : "")"
        )
        for row in rows {
            let job = try Job(row: row)
            jobs[job.id] = job
        }
        return jobs
    }

    private func write(_ transitions: [Transition], in transaction: Transaction) async throws {
        guard !transitions.isEmpty else { return }
        // A job that is in several transitions is written once, as it is at the end.
        var last: [JobID: Transition] = [:]
        for transition in transitions { last[transition.after.id] = transition }
        let final = last.values.sorted { $0.after.id < $1.after.id }
        let jobs = final.map(\.after)
        try await transaction.executeBulk(
            """
            UPDATE jobs SET state = ?, attempt = ?, lease_id = ?, worker = ?, not_before = ?, failures = ?, losses = ?,
                checkpoint_at_loss = ?, snoozes = ?, last_error = ?, counts = ?, changed_at = ?, finished_at = ?
            WHERE job_id = ?
            """,
            [
                .strings(jobs.map(\.state.rawValue)),
                .uints(jobs.map { UInt64($0.attempt) }),
                .bytes(jobs.map { $0.holder?.lease.bytes }),
                .bytes(jobs.map { $0.holder?.worker.bytes }),
                .timestamps(jobs.map(\.notBefore)),
                .uints(jobs.map { UInt64($0.failures) }),
                .uints(jobs.map { UInt64($0.losses) }),
                .uints(jobs.map { UInt64($0.checkpointAtLoss) }),
                .uints(jobs.map { UInt64($0.snoozes) }),
                .strings(jobs.map { $0.lastError.map { JobRow.clipped($0) } }),
                .strings(try jobs.map { $0.counts.isEmpty ? nil : try JobRow.json($0.counts) }),
                .timestamps(final.map(\.at)),
                .timestamps(jobs.map(\.finishedAt)),
                .uints(jobs.map(\.id.rawValue)),
            ]
        )
        try await transaction.executeBulk(
            """
            INSERT INTO job_events (job_id, at, event, attempt, lease_id, worker, term, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .uints(transitions.map(\.after.id.rawValue)),
                .timestamps(transitions.map(\.at)),
                .strings(transitions.map(\.story.name.rawValue)),
                .uints(transitions.map { UInt64($0.after.attempt) }),
                .bytes(transitions.map { ($0.after.holder ?? $0.before.holder)?.lease.bytes }),
                .bytes(transitions.map { ($0.after.holder ?? $0.before.holder)?.worker.bytes }),
                .uints(transitions.map { _ in term }),
                .strings(transitions.map { $0.story.detail.map { JobRow.clipped($0) } }),
            ]
        )
        let retried = transitions.map(\.before).filter { !$0.state.isActive }
        if !retried.isEmpty { try await reopenRuns(withRetried: retried, in: transaction) }
        let ended = final.filter { !$0.after.state.isActive }
        if !ended.isEmpty { try await closeRuns(withEnded: ended, in: transaction) }
    }

    /// Closes the runs whose last active job has just ended.
    private func closeRuns(withEnded ended: [Transition], in transaction: Transaction) async throws {
        var runs = Set(ended.map(\.after.run.rawValue))
        let ids = ended.map(\.after.id)
        for start in stride(from: 0, to: ids.count, by: JobRow.idsPerQuery) {
            let slice = ids[start..<min(start + JobRow.idsPerQuery, ids.count)]
            let rows = try await transaction.rows(
                "SELECT DISTINCT run_id FROM run_joins WHERE job_id IN (\(JobRow.placeholders))",
                JobRow.padded(Array(slice)),
                limit: 100_000
            )
            for row in rows { runs.insert(try row.decode("run_id")) }
        }
        for run in runs.sorted() {
            try await closeIfFinished(RunID(rawValue: run), at: ended[0].at, in: transaction)
        }
    }
}

extension Transaction {
    /// The rows of a query for these jobs, by their numbers, so many at a time.
    fileprivate func rows(_ select: String, about ids: Set<JobID>, _ order: String = "") async throws -> [Row] {
        var rows: [Row] = []
        let sorted = ids.sorted()
        for start in stride(from: 0, to: sorted.count, by: JobRow.idsPerQuery) {
            rows += try await self.rows(
                "\(select) WHERE job_id IN (\(JobRow.placeholders)) \(order)",
                JobRow.padded(Array(sorted[start..<min(start + JobRow.idsPerQuery, sorted.count)])),
                limit: JobRow.idsPerQuery
            )
        }
        return rows
    }
}
