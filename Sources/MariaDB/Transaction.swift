/// A transaction under way, as its body sees it.
///
/// After an error that ends the transaction on the server (a deadlock, a lost connection) everything else in it throws the
/// same error: the body can't go on by accident outside of any transaction.
package struct Transaction: Sendable {
    private let connection: Connection
    /// What the caller calls the transaction.
    package let label: String
    /// True when an earlier try's COMMIT was sent and its answer never came. The body finds out by a locking read what
    /// has been done, or does only what may be done twice.
    package let previousOutcomeUnknown: Bool
    private let deadline: ContinuousClock.Instant?

    init(connection: Connection, label: String, previousOutcomeUnknown: Bool, deadline: ContinuousClock.Instant?) {
        self.connection = connection
        self.label = label
        self.previousOutcomeUnknown = previousOutcomeUnknown
        self.deadline = deadline
    }

    /// As ``Connection/execute(_:_:)``.
    @discardableResult
    package func execute(_ sql: String, _ values: [Value] = []) async throws -> Outcome {
        try checkDeadline(sql)
        return try await connection.execute(sql, values)
    }

    /// As ``Connection/rows(_:_:limit:)``.
    package func rows(_ sql: String, _ values: [Value] = [], limit: Int = 10_000) async throws -> [Row] {
        try checkDeadline(sql)
        return try await connection.rows(sql, values, limit: limit)
    }

    /// As ``Connection/stream(_:_:batch:)``.
    package func stream(_ sql: String, _ values: [Value] = [], batch: Int = 256) -> RowBatches {
        RowBatches(connection: connection, sql: sql, values: values, batch: max(1, batch), deadline: deadline)
    }

    /// As ``Connection/executeBulk(_:_:)``. After an error some packets may have been taken: let the transaction fail.
    @discardableResult
    package func executeBulk(_ sql: String, _ columns: [Column]) async throws -> Outcome {
        try checkDeadline(sql)
        return try await connection.executeBulk(sql, columns)
    }

    /// The server's time now: the clock that all who write to the database share.
    package func serverTime() async throws -> Timestamp {
        let sql = "SELECT UTC_TIMESTAMP(6) AS now"
        guard let row = try await rows(sql, limit: 1).first else { throw MariaDBError.misuse("no time", sql) }
        return try row.decode("now")
    }

    private func checkDeadline(_ sql: String) throws {
        if let deadline, ContinuousClock.now >= deadline { throw MariaDBError.deadlinePassed(sql) }
    }
}

extension Connection {
    /// Runs `body` in a transaction, once: commits when it returns, rolls back when it throws.
    ///
    /// ``ConnectionPool/transaction(_:within:_:)`` is the one that tries again.
    /// - Throws: what `body` throws; ``MariaDBError``, with `outcomeUnknown` set when the answer to COMMIT never came.
    package nonisolated func transaction<Result>(
        _ label: String,
        previousOutcomeUnknown: Bool = false,
        deadline: ContinuousClock.Instant? = nil,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await begin()
        do {
            let result = try await body(
                Transaction(
                    connection: self,
                    label: label,
                    previousOutcomeUnknown: previousOutcomeUnknown,
                    deadline: deadline
                )
            )
            try await commit()
            return result
        } catch {
            await rollback()
            throw error
        }
    }
}
