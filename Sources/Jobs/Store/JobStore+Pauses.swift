package import MariaDB

extension JobStore {
    /// What is paused and holds still, by scope and name.
    package func pauses(at now: Timestamp) async throws -> [Pause] {
        try await pool.withConnection { connection in
            try await connection.rows(
                "\(Pause.select) WHERE until IS NULL OR until > ? ORDER BY scope, name",
                [.datetime(now)],
                limit: PauseBook.rowLimit
            )
            .compactMap(Pause.init(row:))
        }
    }

    /// Notes a pause, in place of an earlier one of the same.
    package func notePause(_ pause: Pause) async throws {
        try await asCoordinator("note a pause") { transaction in
            try await transaction.execute(
                """
                INSERT INTO pauses (scope, name, until, reason, paused_by, paused_at, automatic) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON DUPLICATE KEY UPDATE until = VALUE(until), reason = VALUE(reason), paused_by = VALUE(paused_by),
                    paused_at = VALUE(paused_at), automatic = VALUE(automatic)
                """,
                [
                    .string(pause.target.scope.rawValue), .string(pause.target.name),
                    pause.until.map(Value.datetime) ?? .null, .string(JobRow.clipped(pause.reason)),
                    .string(JobRow.clipped(pause.pausedBy, to: 255)), .datetime(pause.pausedAt),
                    .uint(pause.isAutomatic ? 1 : 0),
                ]
            )
        }
    }

    /// Removes a pause that somebody has ended.
    package func removePause(of target: Pause.Target) async throws {
        try await asCoordinator("remove a pause") { transaction in
            try await transaction.execute(
                "DELETE FROM pauses WHERE scope = ? AND name = ?",
                [.string(target.scope.rawValue), .string(target.name)]
            )
        }
    }

    /// Removes the pauses whose time is over.
    package func removeEndedPauses(at now: Timestamp) async throws {
        try await asCoordinator("remove ended pauses") { transaction in
            try await transaction.execute("DELETE FROM pauses WHERE until <= ?", [.datetime(now)])
        }
    }
}

extension Pause {
    /// What ``init(row:)`` reads.
    static let select = "SELECT scope, name, until, reason, paused_by, paused_at, automatic FROM pauses"

    /// `nil` for a scope that this version doesn't know.
    init?(row: Row) throws {
        guard let scope = Scope(rawValue: try row.decode("scope")) else { return nil }
        self.init(
            Target(scope, try row.decode("name")),
            until: try row.decode("until"),
            reason: try row.decode("reason"),
            pausedBy: try row.decode("paused_by"),
            pausedAt: try row.decode("paused_at"),
            isAutomatic: try row.decode("automatic")
        )
    }
}
