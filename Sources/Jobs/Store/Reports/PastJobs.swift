import MariaDB

/// What the tables know of jobs like those that a run would plan.
extension JobReports {
    private static let batch = 1000
    /// So many of the latest jobs are looked at for the time of a request.
    private static let measured = 200

    /// The counts of the last job that is done of a kind and shard, by wiki.
    /// - Throws: what a `ConnectionPool` throws.
    package func lastCounts(of kind: JobKind, shard: String) async throws -> [String: [String: UInt64]] {
        var counts: [String: [String: UInt64]] = [:]
        try await forEachWiki(
            """
            SELECT jobs.wiki AS wiki, jobs.counts AS counts FROM jobs JOIN (
                SELECT MAX(job_id) AS job_id FROM jobs
                WHERE kind = ? AND wiki > ? AND shard = ? AND state = 'done' GROUP BY wiki ORDER BY wiki LIMIT ?
            ) AS newest USING (job_id) ORDER BY wiki
            """,
            kind,
            shard
        ) { row in
            let json: [UInt8]? = try row.decode("counts")
            counts[try row.decode("wiki")] = try json.map(JobRow.counts)
        }
        return counts
    }

    /// The wikis for which a job of a kind and shard is under way.
    /// - Throws: what a `ConnectionPool` throws.
    package func wikisUnderWay(of kind: JobKind, shard: String) async throws -> Set<String> {
        var wikis: Set<String> = []
        try await forEachWiki(
            "SELECT wiki FROM jobs WHERE kind = ? AND wiki > ? AND shard = ? AND active = 1 ORDER BY wiki LIMIT ?",
            kind,
            shard
        ) { row in
            wikis.insert(try row.decode("wiki"))
        }
        return wikis
    }

    /// How long a request of the last jobs of some kinds took that were done by one lease: the median, all that is
    /// between two requests included.
    /// - Throws: what a `ConnectionPool` throws.
    package func latency(of kinds: [JobKind]) async throws -> RunEstimate.Latency {
        var times: [Double] = []
        for kind in kinds {
            let rows = try await pool.withConnection { connection in
                try await connection.rows(
                    """
                    SELECT jobs.counts AS counts, TIMESTAMPDIFF(MICROSECOND, granted.at, jobs.finished_at) AS took
                    FROM jobs JOIN job_events AS granted
                        ON granted.job_id = jobs.job_id AND granted.event = 'granted' AND granted.attempt = 1
                    WHERE jobs.kind = ? AND jobs.state = 'done' AND jobs.attempt = 1 AND jobs.counts IS NOT NULL
                    ORDER BY jobs.job_id DESC LIMIT \(Self.measured)
                    """,
                    [.string(kind.rawValue)]
                )
            }
            for row in rows {
                let took: Int64? = try row.decode("took")
                let json: [UInt8] = try row.decode("counts")
                guard let took, took > 0, let requests = try JobRow.counts(json)["requests"], requests > 0 else {
                    continue
                }
                times.append(Double(took) / Double(requests))
            }
        }
        guard !times.isEmpty else { return .assumed }
        return .measured(.microseconds(Int64(times.sorted()[times.count / 2])), jobs: times.count)
    }

    /// How many jobs the running workers do at once.
    /// - Throws: what a `ConnectionPool` throws.
    package func runningSlots() async throws -> Int {
        try await pool.withConnection { connection in
            try await connection.rows("SELECT CAST(SUM(slots) AS UNSIGNED) FROM workers WHERE state = 'running'")
                .first?.decode(at: 0, as: Int?.self) ?? 0
        }
    }

    /// Runs a query for the wikis after one, in order, until there are no more; before that for what is about no wiki.
    private func forEachWiki(
        _ sql: String,
        _ kind: JobKind,
        _ shard: String,
        take: (Row) throws -> Void
    ) async throws {
        var last = ""
        var condition = ">="
        while true {
            let query = sql.replacing("wiki > ?", with: "wiki \(condition) ?")
            let values: [Value] = [
                .string(kind.rawValue), .string(last), .string(shard), .int(Int64(Self.batch)),
            ]
            let rows = try await pool.withConnection { connection in
                try await connection.rows(query, values, limit: Self.batch)
            }
            try rows.forEach(take)
            guard rows.count == Self.batch, let row = rows.last else { return }
            last = try row.decode("wiki")
            condition = ">"
        }
    }
}
