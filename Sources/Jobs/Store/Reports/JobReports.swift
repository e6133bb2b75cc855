package import MariaDB

/// Reads the tables of runs, jobs and workers, for people. Any process may; nothing is locked or changed.
///
/// Each report is what the tables have when it is read: at a transition or two more or less than another one.
package struct JobReports: Sendable {
    /// How many rows a list may have.
    package static let rowLimit = 10_000

    let pool: ConnectionPool

    /// Reads by connections of `pool`.
    package init(_ pool: ConnectionPool) { self.pool = pool }

    /// The term that holds; `nil` before there was a coordinator.
    /// - Throws: what a `ConnectionPool` throws.
    package func term() async throws -> TermReport? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT term, host, software, taken_at FROM coordinator_term WHERE id = 1 AND taken_at IS NOT NULL",
                limit: 1
            )
        }
        return try rows.first.map { row in
            TermReport(
                term: try row.decode("term"),
                host: try row.decode("host"),
                software: try row.decode("software"),
                takenAt: try row.decode("taken_at")
            )
        }
    }

    /// So many `?`, for IN.
    static func placeholders(_ count: Int) -> String { repeatElement("?", count: count).joined(separator: ", ") }

    /// As many rows as are asked for, within ``rowLimit``.
    static func bounded(_ limit: Int) -> Int { min(max(limit, 1), rowLimit) }
}

/// The coordinator that may change things. The row of `coordinator_term`.
package struct TermReport: Sendable, Equatable {
    package let term: UInt64
    package let host: String?
    package let software: String?
    package let takenAt: Timestamp
}

/// The beginning of a list.
package struct ReportPage<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Whether there are more than were asked for.
    package let more: Bool

    /// Takes what a query for one row more than `limit` gave.
    init(_ items: [Item], limit: Int) {
        self.items = Array(items.prefix(limit))
        more = items.count > limit
    }
}

extension Row {
    /// The state of a job.
    func decodeJobState() throws -> JobState {
        let name: String = try decode("state")
        guard let state = JobState(rawValue: name) else {
            throw UnknownJobState(job: JobID(rawValue: try decode("job_id")), state: name)
        }
        return state
    }
}
