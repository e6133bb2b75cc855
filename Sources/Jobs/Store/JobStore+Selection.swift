import MariaDB

extension JobStore {
    /// The jobs that a filter lets through, in order of their numbers.
    /// - Parameters:
    ///   - states: only jobs in one of these.
    ///   - last: only jobs with greater numbers.
    ///   - limit: how many.
    package func jobs(
        _ filter: JobFilter,
        in states: [JobState],
        after last: JobID?,
        limit: Int
    ) async throws -> [Job] {
        guard !states.isEmpty else { return [] }
        var (conditions, values) = filter.conditions
        conditions.append("jobs.state IN (\(JobReports.placeholders(states.count)))")
        values += states.map { .string($0.rawValue) }
        if states.allSatisfy(\.isActive) { conditions.append("jobs.active = 1") }
        conditions.append("jobs.job_id > ?")
        values.append(.uint(last?.rawValue ?? 0))
        let run = filter.run.map { Value.uint($0.rawValue) }
        let own = run == nil ? "" : "JOIN (\(JobFilter.ofRun)) AS wanted ON wanted.job_id = jobs.job_id"
        let columns = JobRow.columns.split(separator: ", ").map { "jobs.\($0)" }.joined(separator: ", ")
        let sql = """
            SELECT \(columns) FROM jobs \(own) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY jobs.job_id LIMIT ?
            """
        let parameters = (run.map { [$0, $0] } ?? []) + values + [.uint(UInt64(limit))]
        return try await pool.withConnection { connection in
            try await connection.rows(sql, parameters, limit: limit).map(Job.init(row:))
        }
    }

    /// What else there is for the same kind, wiki and shard as each of these jobs.
    package func twins(of jobs: [Job]) async throws -> [JobID: JobTwins] {
        var twins: [JobID: JobTwins] = [:]
        for start in stride(from: 0, to: jobs.count, by: JobRow.idsPerQuery) {
            let slice = jobs[start..<min(start + JobRow.idsPerQuery, jobs.count)].map(\.id)
            let rows = try await pool.withConnection { connection in
                try await connection.rows(
                    """
                    SELECT jobs.job_id, MAX(twins.job_id) AS newest, MAX(IF(twins.active = 1, twins.job_id, NULL)) AS active
                    FROM jobs JOIN jobs AS twins USING (kind, wiki, shard)
                    WHERE jobs.job_id IN (\(JobRow.placeholders)) GROUP BY jobs.job_id
                    """,
                    JobRow.padded(slice),
                    limit: JobRow.idsPerQuery
                )
            }
            for row in rows {
                let active: UInt64? = try row.decode("active")
                twins[JobID(rawValue: try row.decode("job_id"))] = JobTwins(
                    newest: JobID(rawValue: try row.decode("newest")),
                    active: active.map(JobID.init)
                )
            }
        }
        return twins
    }
}
