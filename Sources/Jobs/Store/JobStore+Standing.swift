package import MariaDB

extension JobStore {
    /// Adds jobs to a run that goes on as long as somebody adds to it, and which begins with the first of them.
    ///
    /// Run and jobs come together: a run that was begun without its jobs would be planned again for all wikis. One that has
    /// ended goes on. Jobs that are under way are left alone; so are those of which one was given up less than `pause` ago.
    /// - Parameters:
    ///   - request: names the run; the same each time.
    ///   - limit: how many jobs are new at most; the drafts behind are left out.
    /// - Returns: the jobs that are new.
    package func extend(
        _ request: RunRequest,
        by drafts: [Planner.Draft],
        limit: Int,
        pause: Duration,
        at now: Timestamp
    ) async throws -> [JobID] {
        try await asCoordinator("extend a run") { transaction in
            var wanted: [Planner.Draft] = []
            for draft in drafts where wanted.count < limit {
                if try await isFree(draft, since: now.advanced(by: .zero - pause), in: transaction) {
                    wanted.append(draft)
                }
            }
            guard !wanted.isEmpty else { return [] }
            let run = try await recordRun(request, plannedAt: now, at: now, in: transaction)
            var jobs: [JobID] = []
            for draft in wanted {
                jobs.append(try await place(draft, of: run, dependsOn: nil, at: now, in: transaction).id)
            }
            try await transaction.execute(
                "UPDATE runs SET state = 'active', finished_at = NULL WHERE run_id = ? AND finished_at IS NOT NULL",
                [.uint(run.rawValue)]
            )
            return jobs
        }
    }

    private func isFree(_ draft: Planner.Draft, since: Timestamp, in transaction: Transaction) async throws -> Bool {
        try await transaction.rows(
            """
            SELECT job_id FROM jobs WHERE kind = ? AND wiki = ? AND shard = ?
                AND (active = 1 OR (state <> 'done' AND finished_at > ?)) LIMIT 1
            """,
            [
                .string(draft.kind.rawValue), .string(draft.wiki), .string(draft.shard), .datetime(since),
            ],
            limit: 1
        ).isEmpty
    }
}
