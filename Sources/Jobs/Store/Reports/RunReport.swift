import FoundationEssentials
package import MariaDB

/// A run and what has become of its jobs, both its own and those of other runs that it has joined.
package struct RunReport: Sendable, Equatable {
    package let id: RunID
    /// As the column `state` has it: planning, active, done, failed or cancelled.
    package let state: String
    package let kinds: [JobKind]
    /// The wikis that were asked for; empty for all.
    package let wikis: [String]
    /// The family that was asked for; `nil` for all.
    package let family: String?
    package let requestedBy: String
    package let createdAt: Timestamp
    package let plannedAt: Timestamp?
    package let finishedAt: Timestamp?
    /// How many jobs there are in each state; none is left out where there are none.
    package internal(set) var jobs: [JobState: Int] = [:]
    /// How many of them belong to an earlier run.
    package internal(set) var joinedJobs = 0
    /// What its finished jobs did, in the numbers of their kinds, summed.
    package internal(set) var counts: [String: UInt64] = [:]

    /// How many jobs there are in all.
    package var jobCount: Int { jobs.values.reduce(0, +) }

    /// How many jobs there are in one state.
    package func jobs(_ state: JobState) -> Int { jobs[state] ?? 0 }
}

extension JobReports {
    /// Runs, the newest first.
    /// - Parameters:
    ///   - activeOnly: only those that aren't finished.
    ///   - limit: how many, at most ``rowLimit``.
    /// - Throws: what a `ConnectionPool` throws.
    package func runs(activeOnly: Bool = false, limit: Int) async throws -> ReportPage<RunReport> {
        let limit = Self.bounded(limit)
        let condition = activeOnly ? "WHERE finished_at IS NULL" : ""
        return try await pool.withConnection { connection in
            let rows = try await connection.rows(
                "SELECT \(RunReport.columns) FROM runs \(condition) ORDER BY run_id DESC LIMIT ?",
                [.uint(UInt64(limit + 1))],
                limit: limit + 1
            )
            let page = ReportPage(try rows.map(RunReport.init(row:)), limit: limit)
            return ReportPage(try await Self.filled(page.items, on: connection), more: page.more)
        }
    }

    /// One run; `nil` when there is none of this number.
    /// - Throws: what a `ConnectionPool` throws.
    package func run(_ id: RunID) async throws -> RunReport? {
        try await pool.withConnection { connection in
            let rows = try await connection.rows(
                "SELECT \(RunReport.columns) FROM runs WHERE run_id = ?",
                [.uint(id.rawValue)],
                limit: 1
            )
            return try await Self.filled(try rows.map(RunReport.init(row:)), on: connection).first
        }
    }

    /// Adds what the jobs say.
    private static func filled(_ runs: [RunReport], on connection: Connection) async throws -> [RunReport] {
        guard !runs.isEmpty else { return [] }
        var byID = Dictionary(runs.map { ($0.id.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        let ids = runs.map { Value.uint($0.id.rawValue) }
        let list = placeholders(ids.count)
        let states = try await connection.rows(
            """
            SELECT run_id, state, COUNT(*) AS jobs, 0 AS is_joined FROM jobs WHERE run_id IN (\(list)) GROUP BY run_id, state
            UNION ALL
            SELECT run_joins.run_id, jobs.state, COUNT(*), 1 FROM run_joins JOIN jobs USING (job_id)
            WHERE run_joins.run_id IN (\(list)) GROUP BY run_joins.run_id, jobs.state
            """,
            ids + ids,
            limit: 16 * runs.count
        )
        for row in states {
            let run: UInt64 = try row.decode("run_id")
            let count: Int = try row.decode("jobs")
            guard let state = JobState(rawValue: try row.decode("state")) else { continue }
            byID[run]?.jobs[state, default: 0] += count
            if try row.decode("is_joined") { byID[run]?.joinedJobs += count }
        }
        let counts = connection.stream(
            """
            SELECT run_id, counts FROM jobs WHERE run_id IN (\(list)) AND counts IS NOT NULL
            UNION ALL
            SELECT run_joins.run_id, jobs.counts FROM run_joins JOIN jobs USING (job_id)
            WHERE run_joins.run_id IN (\(list)) AND jobs.counts IS NOT NULL
            """,
            ids + ids
        )
        for try await batch in counts {
            for row in batch {
                let run: UInt64 = try row.decode("run_id")
                byID[run]?.counts.add(try JobRow.counts(try row.decode("counts")))
            }
        }
        return runs.compactMap { byID[$0.id.rawValue] }
    }
}

extension ReportPage {
    fileprivate init(_ items: [Item], more: Bool) {
        self.items = items
        self.more = more
    }
}

extension RunReport {
    fileprivate static let columns = """
        run_id, state, kinds, wikis, family, requested_by, created_at, planned_at, finished_at
        """

    fileprivate init(row: Row) throws {
        let names: [UInt8]? = try row.decode("wikis")
        let kinds: String = try row.decode("kinds")
        id = RunID(rawValue: try row.decode("run_id"))
        state = try row.decode("state")
        self.kinds = kinds.split(separator: ",").map { JobKind(rawValue: String($0)) }
        wikis = try names.map { try JSONDecoder().decode([String].self, from: Data($0)) } ?? []
        family = try row.decode("family")
        requestedBy = try row.decode("requested_by")
        createdAt = try row.decode("created_at")
        plannedAt = try row.decode("planned_at")
        finishedAt = try row.decode("finished_at")
    }
}

extension [String: UInt64] {
    /// Adds numbers of the same names; a sum that is too large stays at the largest number.
    fileprivate mutating func add(_ other: [String: UInt64]) {
        merge(other) { left, right in
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }
    }
}
