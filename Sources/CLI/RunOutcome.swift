import FoundationEssentials
import Jobs
import MariaDB

/// How a run ended, and what it did.
struct RunOutcome: Sendable, CustomStringConvertible {
    let state: String
    /// What the jobs of the run did, added up.
    let counts: [String: UInt64]
    let seconds: Double

    var isDone: Bool { state == "done" }

    var description: String {
        let done = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let duration = "\(Int(seconds.rounded())) s"
        return "\(state) in \(duration)" + (done.isEmpty ? "" : ": \(done.joined(separator: ", "))")
    }

    /// Looks at the table until the run has ended. A database that is away is waited for.
    static func wait(for run: RunID, pool: ConnectionPool, interval: Duration) async throws -> RunOutcome {
        while true {
            do {
                if let outcome = try await ended(run, pool: pool) { return outcome }
            } catch let error as MariaDBError where error.class != .permanent {
                // The run goes on without whoever looks at it.
            }
            try await Task.sleep(for: interval)
        }
    }

    private static func ended(_ run: RunID, pool: ConnectionPool) async throws -> RunOutcome? {
        try await pool.withConnection { connection in
            let rows = try await connection.rows(
                "SELECT state, created_at, finished_at FROM runs WHERE run_id = ?",
                [.uint(run.rawValue)],
                limit: 1
            )
            guard let row = rows.first, let finishedAt: Timestamp = try row.decode("finished_at") else { return nil }
            let createdAt: Timestamp = try row.decode("created_at")
            var counts: [String: UInt64] = [:]
            let jobs = connection.stream(
                """
                SELECT counts FROM jobs WHERE run_id = ? AND counts IS NOT NULL
                UNION ALL
                SELECT counts FROM run_joins JOIN jobs USING (job_id) WHERE run_joins.run_id = ? AND counts IS NOT NULL
                """,
                [.uint(run.rawValue), .uint(run.rawValue)]
            )
            for try await batch in jobs {
                for job in batch {
                    let json: [UInt8] = try job.decode("counts")
                    counts.merge(try JSONDecoder().decode([String: UInt64].self, from: Data(json)), uniquingKeysWith: +)
                }
            }
            return RunOutcome(
                state: try row.decode("state"),
                counts: counts,
                seconds: Double(createdAt.duration(to: finishedAt).microseconds) / 1_000_000
            )
        }
    }
}
