import MariaDB

/// Jobs that can't go on, or don't, and why.
package struct StuckJobs: Sendable, Equatable {
    /// What they have in common, such as a kind.
    package let cause: String
    package let count: Int
    /// The first few of them.
    package let jobs: [JobID]
}

extension JobReports {
    /// So many jobs are named.
    private static let named = 5

    /// Ready jobs of kinds that no running worker can do, by kind; one that is drained does nothing. With each, the cordons of
    /// running workers that could do them.
    /// - Throws: what a `ConnectionPool` throws.
    package func jobsWithoutWorker() async throws -> [(jobs: StuckJobs, drained: [Cordon.Target])] {
        let cordons = Cordons(try await cordons())
        let workers = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT name, host, kinds FROM workers WHERE state = 'running' ORDER BY name, incarnation",
                limit: Self.rowLimit
            )
        }
        var known = Set<String>()
        var drained: [String: [Cordon.Target]] = [:]
        for worker in workers {
            let list: String = try worker.decode("kinds")
            let kinds = list.split(separator: ",").map(String.init)
            let cordon = cordons.cordon(worker: try worker.decode("name"), host: try worker.decode("host"))
            guard let target = cordon?.target else {
                known.formUnion(kinds)
                continue
            }
            for kind in kinds where !(drained[kind]?.contains(target) ?? false) {
                drained[kind, default: []].append(target)
            }
        }
        return try await stuck(by: "kind", "state = 'ready' AND (not_before IS NULL OR not_before <= NOW(6))")
            .filter { !known.contains($0.cause) }
            .map { ($0, drained[$0.cause] ?? []) }
    }

    /// What is paused, with how many ready jobs wait for its end.
    /// - Throws: what a `ConnectionPool` throws.
    package func pauses() async throws -> [(pause: Pause, waiting: Int)] {
        try await pool.withConnection { connection in
            let pauses = try await connection.rows(
                "\(Pause.select) WHERE until IS NULL OR until > NOW(6) ORDER BY scope, name",
                limit: PauseBook.rowLimit
            )
            .compactMap(Pause.init(row:))
            var found: [(Pause, Int)] = []
            for pause in pauses {
                let (column, value) =
                    switch pause.target.scope {
                    case .kind: ("kind", pause.target.name)
                    case .wiki: ("wiki", pause.target.name)
                    case .site: ("resource", Resource.site(pause.target.name).rawValue)
                    }
                let rows = try await connection.rows(
                    "SELECT COUNT(*) AS jobs FROM jobs WHERE active = 1 AND state = 'ready' AND \(column) = ?",
                    [.string(value)],
                    limit: 1
                )
                found.append((pause, try rows.first?.decode("jobs") ?? 0))
            }
            return found
        }
    }

    /// Jobs that were put off so often, and had no checkpoint meanwhile, by what they were told last.
    /// - Throws: what a `ConnectionPool` throws.
    package func snoozingJobs(times: Int) async throws -> [StuckJobs] {
        try await stuck(
            by: "resource",
            """
            snoozes >= \(times) AND (
                SELECT COUNT(*) FROM job_events WHERE job_events.job_id = jobs.job_id AND event = 'snoozed' AND at > COALESCE(
                    (SELECT written_at FROM checkpoints WHERE checkpoints.job_id = jobs.job_id), '1970-01-01')
            ) >= \(times)
            """
        )
    }

    /// Jobs that are leased to workers that have left or were lost, by the worker's name.
    /// - Throws: what a `ConnectionPool` throws.
    package func jobsOfLostWorkers() async throws -> [StuckJobs] {
        try await stuck(
            by: "COALESCE((SELECT name FROM workers WHERE incarnation = jobs.worker), 'a worker that isn''t known')",
            """
            state = 'leased' AND NOT EXISTS (
                SELECT 1 FROM workers WHERE incarnation = jobs.worker AND workers.state = 'running')
            """
        )
    }

    /// Runs whose planning was begun so many seconds ago or longer, and isn't done.
    /// - Throws: what a `ConnectionPool` throws.
    package func unplannedRuns(olderThan seconds: Int) async throws -> [RunID] {
        try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT run_id FROM runs WHERE state = 'planning' AND created_at < NOW(6) - INTERVAL \(seconds) SECOND
                ORDER BY run_id LIMIT 100
                """,
                limit: 100
            )
            .map { RunID(rawValue: try $0.decode("run_id")) }
        }
    }

    /// The active jobs for which `condition` holds, by `cause`.
    private func stuck(by cause: String, _ condition: String) async throws -> [StuckJobs] {
        try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT \(cause) AS cause, COUNT(*) AS jobs,
                    SUBSTRING_INDEX(GROUP_CONCAT(job_id ORDER BY job_id), ',', \(Self.named)) AS first
                FROM jobs WHERE active = 1 AND \(condition) GROUP BY cause ORDER BY cause LIMIT 100
                """,
                limit: 100
            )
            .map { row in
                let first: String = try row.decode("first")
                return StuckJobs(
                    cause: try row.decode("cause"),
                    count: try row.decode("jobs"),
                    jobs: first.split(separator: ",").compactMap { UInt64($0) }.map(JobID.init(rawValue:))
                )
            }
        }
    }
}
