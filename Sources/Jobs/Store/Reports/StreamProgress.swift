package import MariaDB

/// How far a job has got that follows a stream of changes.
package struct StreamProgress: Sendable, Equatable {
    package let job: JobID
    /// The time of the last event that is noted, by the clock of the stream; `nil` before the first.
    package let upTo: Timestamp?
    /// How many wikis have changes that aren't in the tables.
    package let waitingWikis: Int

    /// Describes how far such a job has got.
    package init(job: JobID, upTo: Timestamp?, waitingWikis: Int) {
        self.job = job
        self.upTo = upTo
        self.waitingWikis = waitingWikis
    }
}

extension JobReports {
    private static let streamLimit = 16

    /// The streams that are followed.
    static func streams(on connection: Connection) async throws -> [StreamProgress] {
        try await connection.rows(
            """
            SELECT job_id, CAST(JSON_VALUE(checkpoints.state, '$.upTo') AS SIGNED) AS up_to,
                (SELECT COUNT(*) FROM wiki_changes JOIN wikis USING (dbname) WHERE walked_at IS NOT NULL) AS waiting
            FROM jobs LEFT JOIN checkpoints USING (job_id)
            WHERE kind = 'follow' AND active = 1 ORDER BY job_id LIMIT \(streamLimit)
            """,
            limit: streamLimit
        ).map { row in
            let upTo: Int64? = try row.decode("up_to")
            return StreamProgress(
                job: JobID(rawValue: try row.decode("job_id")),
                upTo: upTo.map(Timestamp.init(microseconds:)),
                waitingWikis: try row.decode("waiting")
            )
        }
    }
}
