package import MariaDB

extension JobStore {
    /// Takes a new term: whoever had the last one can't change anything from now on.
    /// - Parameters:
    ///   - takeover: the term is free when nobody has renewed it for so long, by the clock of the database, or it was given
    ///     up.
    ///   - deposing: takes it also when it isn't free.
    /// - Throws: ``TermHeld`` when it isn't free and isn't to be taken from who has it; what the pool throws when the database stays away.
    package static func takeTerm(
        in pool: ConnectionPool,
        incarnation: RandomID,
        host: String,
        software: String,
        takeover: Duration,
        deposing: Bool,
        at now: Timestamp
    ) async throws -> JobStore {
        let (term, wasHeld) = try await pool.transaction("take the term", within: writeTime) { transaction in
            let rows = try await transaction.rows(
                """
                SELECT term, incarnation, host, \(isHeld) AS held FROM coordinator_term WHERE id = 1 FOR UPDATE
                """,
                [.int(takeover.microseconds)],
                limit: 1
            )
            guard let row = rows.first else { throw MissingTermRow() }
            let last: UInt64 = try row.decode("term")
            let owner: [UInt8]? = try row.decode("incarnation")
            let isHeld: Bool = try row.decode("held")
            // A commit whose answer was lost has taken it already, nobody knows from whom.
            if owner == incarnation.bytes { return (last, deposing) }
            if !deposing, isHeld { throw TermHeld(term: last, host: try row.decode("host")) }
            try await transaction.execute(
                """
                UPDATE coordinator_term SET term = ?, incarnation = ?, host = ?, software = ?, taken_at = ?,
                    renewed_at = UTC_TIMESTAMP(6) WHERE id = 1
                """,
                [
                    .uint(last + 1), .bytes(incarnation.bytes), .string(host), .string(software), .datetime(now),
                ]
            )
            return (last + 1, isHeld)
        }
        return JobStore(pool: pool, term: term, incarnation: incarnation, hasDeposed: wasHeld)
    }

    /// Whoever holds the term; `nil` when it was given up, or nobody has renewed it for so long, by the clock of the
    /// database.
    /// - Throws: ``MissingTermRow``; what the pool throws.
    package static func termHolder(in pool: ConnectionPool, ifIdleFor idle: Duration) async throws -> TermHeld? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT term, host, \(isHeld) AS held FROM coordinator_term WHERE id = 1",
                [.int(idle.microseconds)],
                limit: 1
            )
        }
        guard let row = rows.first else { throw MissingTermRow() }
        let held: Bool = try row.decode("held")
        return held ? TermHeld(term: try row.decode("term"), host: try row.decode("host")) : nil
    }

    /// NULL when it was given up, or is that of a version that doesn't renew.
    private static let isHeld =
        "(renewed_at IS NOT NULL AND renewed_at > UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND)"

    /// Says that this coordinator still works.
    /// - Throws: ``Deposed``; what the pool throws when the database stays away.
    package func renewTerm(within limit: Duration) async throws {
        try await pool.transaction("renew the term", within: limit) { transaction in
            // Not by way of the lock for share that other transactions take first: two that want more would deadlock.
            let outcome = try await transaction.execute(
                """
                UPDATE coordinator_term SET renewed_at = UTC_TIMESTAMP(6) WHERE id = 1 AND term = ? AND incarnation = ?
                """,
                [.uint(term), .bytes(incarnation.bytes)]
            )
            if outcome.affectedRows == 0 { try await checkTerm(in: transaction) }
        }
    }

    /// Gives the term up, so that another coordinator needn't wait until it has run out.
    /// - Throws: what the pool throws when the database stays away.
    package func releaseTerm(within limit: Duration) async throws {
        _ = try await pool.transaction("release the term", within: limit) { transaction in
            try await transaction.execute(
                "UPDATE coordinator_term SET renewed_at = NULL WHERE id = 1 AND term = ? AND incarnation = ?",
                [.uint(term), .bytes(incarnation.bytes)]
            )
        }
    }

    /// Makes sure that the term is still this coordinator's.
    /// - Throws: ``Deposed``; what the pool throws when the database stays away.
    package func confirmTerm() async throws {
        try await asCoordinator("confirm the term") { _ in }
    }

    /// Locks the term for share, so that nobody takes it before the transaction has ended.
    func checkTerm(in transaction: Transaction) async throws {
        let rows = try await transaction.rows(
            "SELECT term, incarnation FROM coordinator_term WHERE id = 1 LOCK IN SHARE MODE",
            [],
            limit: 1
        )
        let current: UInt64? = try rows.first?.decode("term")
        let owner: [UInt8]? = try rows.first?.decode("incarnation")
        guard current == term, owner == incarnation.bytes else { throw Deposed(term: term, current: current) }
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

/// The table of terms is empty, which no version of Perigee leaves it.
package struct MissingTermRow: Error, Sendable, CustomStringConvertible {
    package var description: String {
        "coordinator_term has no row: the schema is damaged; insert (1, 0) as (id, term), or restore it"
    }
}

/// Another coordinator works.
package struct TermHeld: Error, Sendable, Equatable, CustomStringConvertible {
    package let term: UInt64
    /// Where it runs.
    package let host: String?

    package var description: String { "the coordinator on \(host ?? "an unknown host") has term \(term)" }
}
