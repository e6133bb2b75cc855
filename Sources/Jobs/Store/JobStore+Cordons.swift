import MariaDB

extension JobStore {
    /// All cordons that are in force.
    /// - Throws: what the pool throws.
    package func cordons() async throws -> [Cordon] { try await JobReports(pool).cordons() }

    /// Puts a cordon in force, or changes the one that there is, whose beginning stays.
    /// - Throws: ``Deposed``; what the pool throws when the database stays away.
    package func cordonOff(_ cordon: Cordon) async throws {
        try await asCoordinator("cordon workers off") { transaction in
            try await transaction.execute(
                """
                INSERT INTO cordons (target, name, since, requested_by, reason, deadline) VALUES (?, ?, ?, ?, ?, ?)
                ON DUPLICATE KEY UPDATE requested_by = VALUE(requested_by), reason = VALUE(reason),
                    deadline = VALUE(deadline)
                """,
                [
                    .string(cordon.target.column), .string(cordon.target.name), .datetime(cordon.since),
                    .string(JobRow.clipped(cordon.requestedBy, to: 255)), .string(JobRow.clipped(cordon.reason)),
                    cordon.deadline.map(Value.datetime) ?? .null,
                ]
            )
        }
    }

    /// Lifts a cordon, where there is one.
    /// - Throws: ``Deposed``; what the pool throws when the database stays away.
    package func liftCordon(_ target: Cordon.Target) async throws {
        try await asCoordinator("lift a cordon") { transaction in
            try await transaction.execute(
                "DELETE FROM cordons WHERE target = ? AND name = ?",
                [.string(target.column), .string(target.name)]
            )
        }
    }
}

extension JobReports {
    /// All cordons that are in force.
    /// - Throws: what a `ConnectionPool` throws.
    package func cordons() async throws -> [Cordon] {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT target, name, since, requested_by, reason, deadline FROM cordons ORDER BY target, name",
                limit: Self.rowLimit
            )
        }
        return try rows.compactMap(Cordon.init(row:))
    }
}

extension Cordon {
    /// The cordon that a row holds; `nil` for a target of a later version.
    init?(row: Row) throws {
        guard let target = Target(column: try row.decode("target"), name: try row.decode("name")) else { return nil }
        self.init(
            target: target,
            since: try row.decode("since"),
            requestedBy: try row.decode("requested_by"),
            reason: try row.decode("reason"),
            deadline: try row.decode("deadline")
        )
    }
}
