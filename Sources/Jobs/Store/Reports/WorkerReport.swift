package import MariaDB

/// A worker's process as the tables have it.
package struct WorkerReport: Sendable, Equatable {
    package let worker: WorkerRecord
    /// As the column `state` has it: running, left or lost.
    package let state: String
    package let registeredAt: Timestamp
    /// When it was heard last, to the minute or so.
    package let seenAt: Timestamp
    /// How many jobs it holds.
    package let leases: Int
    /// What keeps it from being granted more.
    package let cordon: Cordon?

    /// The state with what a cordon makes of it: draining while it has jobs, drained when it was emptied by it (it leaves, or
    /// has left), cordoned when it has come later and stays idle.
    package var condition: String {
        guard let cordon else { return state }
        switch state {
        case "running" where leases > 0: return "draining"
        case "running": return registeredAt < cordon.since ? "drained" : "cordoned"
        case "left" where seenAt >= cordon.since: return "drained"
        default: return state
        }
    }
}

extension JobReports {
    /// Workers: those that run first, then by name.
    /// - Parameters:
    ///   - includingGone: whether those that have left or were lost are among them. Those that have left because of a cordon
    ///     that is still in force always are.
    ///   - limit: how many, at most ``rowLimit``.
    /// - Throws: what a `ConnectionPool` throws.
    package func workers(includingGone: Bool, limit: Int) async throws -> ReportPage<WorkerReport> {
        let limit = Self.bounded(limit)
        let cordons = Cordons(try await cordons())
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT incarnation, name, state, host, pid, software, kinds, slots, registered_at, seen_at,
                    COALESCE(held.leases, 0) AS leases
                FROM workers LEFT JOIN (
                    SELECT worker, COUNT(*) AS leases FROM jobs WHERE active = 1 AND worker IS NOT NULL GROUP BY worker
                ) AS held ON held.worker = workers.incarnation
                \(includingGone ? "" : "WHERE state = 'running' OR (state = 'left' AND \(Self.leftUnderCordon))")
                ORDER BY state, name, registered_at DESC, incarnation LIMIT ?
                """,
                [.uint(UInt64(limit + 1))],
                limit: limit + 1
            )
        }
        return ReportPage(try rows.map { try WorkerReport(row: $0, cordons: cordons) }, limit: limit)
    }

    private static let leftUnderCordon = """
        EXISTS (SELECT 1 FROM cordons WHERE cordons.since <= workers.seen_at
            AND (cordons.target, cordons.name) IN (('worker', workers.name), ('host', workers.host)))
        """
}

extension WorkerReport {
    fileprivate init(row: Row, cordons: Cordons) throws {
        let incarnation: [UInt8] = try row.decode("incarnation")
        let kinds: String = try row.decode("kinds")
        guard let incarnation = RandomID(bytes: incarnation) else {
            throw UnreadableIncarnation(bytes: incarnation.count)
        }
        worker = WorkerRecord(
            incarnation: incarnation,
            name: try row.decode("name"),
            host: try row.decode("host"),
            processID: try row.decode("pid"),
            software: try row.decode("software"),
            kinds: kinds.split(separator: ",").map { JobKind(rawValue: String($0)) },
            slots: try row.decode("slots")
        )
        state = try row.decode("state")
        registeredAt = try row.decode("registered_at")
        seenAt = try row.decode("seen_at")
        leases = try row.decode("leases")
        cordon = cordons.cordon(worker: worker.name, host: worker.host)
    }
}

/// The table has an incarnation of another length than the schema says.
struct UnreadableIncarnation: Error, CustomStringConvertible {
    let bytes: Int

    var description: String {
        "a row of workers has an incarnation of \(bytes) bytes, not 16: is the schema an older one?"
    }
}
