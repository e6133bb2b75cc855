import Concurrency
import Logging

extension ConnectionPool {
    /// Runs `body` in a transaction and commits it, as often as it takes.
    ///
    /// The whole transaction is run again, each time in the state that the database then has, after a deadlock, a lock
    /// wait timeout, a lost connection or a server that can't take it now (``ErrorClass``), until `limit` is over. `body`
    /// must therefore have no effect outside of the database that it can't repeat. When the answer to a COMMIT got lost,
    /// `body` is called with ``Transaction/previousOutcomeUnknown``.
    /// - Parameters:
    ///   - label: what the transaction does, for logs and errors.
    ///   - limit: no statement is started and no further try made after it. A statement under way isn't interrupted.
    ///   - attemptLimit: how many tries are made at most, where the time isn't to be the only bound: 1 for a transaction
    ///     that gives way to others, with `NOWAIT`.
    /// - Throws: ``MariaDBError`` of the last try; ``PoolError``; ``OptionFileError``; `CancellationError`; what `body` throws.
    ///   If the outcome of an earlier try is still unknown, errors that didn't come from `body` are replaced by that try's.
    package func transaction<Result>(
        _ label: String,
        within limit: Duration = .seconds(30),
        attempts attemptLimit: Int = .max,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        let deadline = ContinuousClock.now + limit
        var attempts = 0
        var unknown: MariaDBError?
        while true {
            attempts += 1
            var bodyHasRun = false
            do {
                return try await withConnection(within: ContinuousClock.now.duration(to: deadline)) { connection in
                    bodyHasRun = true
                    return try await connection.transaction(
                        label,
                        previousOutcomeUnknown: unknown != nil,
                        deadline: deadline,
                        body
                    )
                }
            } catch var error as MariaDBError {
                error.attempts = attempts
                if error.outcomeUnknown { unknown = error }
                error.outcomeUnknown = unknown != nil
                guard attempts < attemptLimit,
                    let delay = error.class.retryPolicy?.delay(afterFailedAttempts: attempts),
                    ContinuousClock.now + delay < deadline
                else { throw error }
                note(error, label)
                do {
                    try await Task.sleep(for: delay)
                } catch let cancellation {
                    throw unknown ?? cancellation
                }
            } catch {
                throw bodyHasRun && !(error is CancellationError) ? error : unknown ?? error
            }
        }
    }

    private func note(_ error: MariaDBError, _ label: String) {
        counts.withLock { $0.add(error) }
        logger.info(
            "transaction is tried again",
            metadata: [
                LogKey.transaction: "\(label)",
                LogKey.errorCode: "\(error.code)",
                LogKey.errorClass: "\(error.class.rawValue)",
                LogKey.attempt: "\(error.attempts)",
                LogKey.outcome: error.outcomeUnknown ? "unknown" : "nothing done",
            ]
        )
    }
}

/// How often transactions were tried again.
package struct RetryCounts: Sendable, Equatable {
    /// By the number of the error that made it necessary.
    package private(set) var byCode: [Int: Int] = [:]
    /// Of them, those after which it wasn't known whether the COMMIT had taken effect.
    package private(set) var unknownOutcomes = 0

    /// All of them.
    package var total: Int { byCode.values.reduce(0, +) }

    mutating func add(_ error: MariaDBError) {
        byCode[error.code, default: 0] += 1
        if error.outcomeUnknown { unknownOutcomes += 1 }
    }
}

/// The names under which this module logs.
enum LogKey {
    static let attempt = "mariadb.attempt"
    static let connections = "mariadb.connections"
    static let errorClass = "mariadb.error.class"
    static let errorCode = "mariadb.error.code"
    static let migration = "mariadb.migration"
    static let outcome = "mariadb.outcome"
    static let transaction = "mariadb.transaction"
}
