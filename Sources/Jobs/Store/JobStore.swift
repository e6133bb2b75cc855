package import MariaDB

/// The tables of runs and jobs, as the one coordinator whose term it is may change them.
///
/// Each transaction locks the term row for share first: when another coordinator has taken a newer term, it throws
/// ``Deposed`` and changes nothing.
package struct JobStore: Sendable {
    let pool: ConnectionPool
    /// The term that this coordinator took.
    package let term: UInt64
    /// Whose term it is: a database that forgets its last commits may give the same number twice.
    private let incarnation: RandomID

    /// How long one write is tried before the caller hears that the database is away.
    static let writeTime = Duration.seconds(30)

    /// Takes a new term: whoever had the last one can't change anything from now on.
    package static func takeTerm(
        in pool: ConnectionPool,
        incarnation: RandomID,
        host: String,
        software: String,
        at now: Timestamp
    ) async throws -> JobStore {
        let term = try await pool.transaction("take the term", within: writeTime) { transaction in
            let rows = try await transaction.rows(
                "SELECT term, incarnation FROM coordinator_term WHERE id = 1 FOR UPDATE",
                [],
                limit: 1
            )
            guard let row = rows.first else { throw MissingTermRow() }
            let last: UInt64 = try row.decode("term")
            let owner: [UInt8]? = try row.decode("incarnation")
            // A commit whose answer was lost has taken it already.
            if owner == incarnation.bytes { return last }
            try await transaction.execute(
                """
                UPDATE coordinator_term SET term = ?, incarnation = ?, host = ?, software = ?, taken_at = ? WHERE id = 1
                """,
                [
                    .uint(last + 1), .bytes(incarnation.bytes), .string(host), .string(software), .datetime(now),
                ]
            )
            return last + 1
        }
        return JobStore(pool: pool, term: term, incarnation: incarnation)
    }

    /// Makes sure that the term is still this coordinator's.
    /// - Throws: ``Deposed``; what the pool throws when the database stays away.
    package func confirmTerm() async throws {
        try await asCoordinator("confirm the term") { _ in }
    }

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

    /// Runs `body` in a transaction that holds the term.
    /// - Throws: ``Deposed`` when the term is over; what the pool throws when the database stays away.
    @discardableResult
    func asCoordinator<Result: Sendable>(
        _ label: String,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await pool.transaction(label, within: Self.writeTime) { transaction in
            let rows = try await transaction.rows(
                "SELECT term, incarnation FROM coordinator_term WHERE id = 1 LOCK IN SHARE MODE",
                [],
                limit: 1
            )
            let current: UInt64? = try rows.first?.decode("term")
            let owner: [UInt8]? = try rows.first?.decode("incarnation")
            guard current == term, owner == incarnation.bytes else { throw Deposed(term: term, current: current) }
            return try await body(transaction)
        }
    }
}

/// Another coordinator has taken over.
package struct Deposed: Error, Sendable, Equatable, CustomStringConvertible {
    /// The term that is over.
    package let term: UInt64
    /// The term that is in the table.
    package let current: UInt64?

    package var description: String {
        "another coordinator has taken over (term \(current.map(String.init) ?? "none"), this one had \(term))"
    }
}

/// The server doesn't say how long it has run, which every version of MariaDB does.
package struct MissingUptime: Error, Sendable, CustomStringConvertible {
    package var description: String { "the database's server doesn't say how long it has run" }
}

/// The table of terms is empty, which no version of Perigee leaves it.
package struct MissingTermRow: Error, Sendable, CustomStringConvertible {
    package var description: String {
        "coordinator_term has no row: the schema is damaged; insert (1, 0) as (id, term), or restore it"
    }
}
