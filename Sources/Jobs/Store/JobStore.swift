package import MariaDB

/// The tables of runs and jobs, as the one coordinator whose term it is may change them.
///
/// Each transaction locks the term row for share first: when another coordinator has taken a newer term, it throws
/// ``Deposed`` and changes nothing.
package struct JobStore: Sendable {
    /// Where it writes.
    package let pool: ConnectionPool
    /// The term that this coordinator took.
    package let term: UInt64
    /// Whose term it is: a database that forgets its last commits may give the same number twice.
    let incarnation: RandomID
    /// Whether it was taken from a coordinator that may not know yet, and goes on renewing leases for the takeover time.
    package let hasDeposed: Bool

    /// How long one write is tried before the caller hears that the database is away.
    static let writeTime = Duration.seconds(30)

    /// When the database's server was started, to about a second, by its own clock. One that was started anew may have
    /// forgotten its last commits.
    package func serverStart() async throws -> Timestamp {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT UTC_TIMESTAMP(6) - INTERVAL CAST(VARIABLE_VALUE AS UNSIGNED) SECOND AS started_at
                FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'
                """,
                limit: 1
            )
        }
        guard let row = rows.first else { throw MissingUptime() }
        return try row.decode("started_at")
    }

    /// Runs `body` in a transaction that holds the term: also for what is in no table of jobs.
    /// - Throws: ``Deposed`` when the term is over; what the pool throws when the database stays away.
    @discardableResult
    package func asCoordinator<Result: Sendable>(
        _ label: String,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await pool.transaction(label, within: Self.writeTime) { transaction in
            try await checkTerm(in: transaction)
            return try await body(transaction)
        }
    }
}

/// The server doesn't say how long it has run, which every version of MariaDB does.
package struct MissingUptime: Error, Sendable, CustomStringConvertible {
    package var description: String { "the database's server doesn't say how long it has run" }
}
