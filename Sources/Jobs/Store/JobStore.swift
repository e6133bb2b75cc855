import MariaDB

/// The tables of runs and jobs, as the one coordinator whose term it is may change them.
///
/// Each transaction locks the term row for share first: when another coordinator has taken a newer term, it throws
/// ``Deposed`` and changes nothing.
package struct JobStore: Sendable {
    let pool: ConnectionPool
    /// The term that this coordinator took.
    package let term: UInt64

    /// How long one write is tried before the caller hears that the database is away.
    static let writeTime = Duration.seconds(30)

    /// Runs `body` in a transaction that holds the term.
    /// - Throws: ``Deposed`` when the term is over; what the pool throws when the database stays away.
    @discardableResult
    func asCoordinator<Result: Sendable>(
        _ label: String,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await pool.transaction(label, within: Self.writeTime) { transaction in
            try await checkTerm(in: transaction)
            return try await body(transaction)
        }
    }
}
