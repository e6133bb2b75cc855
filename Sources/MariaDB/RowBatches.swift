/// The rows of a statement, in batches of some hundred rows or 4 MB, whichever is reached first.
///
/// Each iteration sends the statement anew. Leaving the loop early is fine: what is left is read and forgotten before the
/// connection is used again, or the connection is given up if that is much.
package struct RowBatches: AsyncSequence, Sendable {
    package typealias Element = [Row]
    package typealias Failure = any Error

    let connection: Connection
    let sql: String
    let values: [Value]
    let batch: Int
    let deadline: ContinuousClock.Instant?

    package func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    /// Fetches the batches.
    package struct Iterator: AsyncIteratorProtocol {
        private enum State {
            case fresh, running, ended
        }

        private let source: RowBatches
        private let token = StreamToken()
        private var state = State.fresh

        init(source: RowBatches) { self.source = source }

        /// The next rows, at least one; `nil` after the last.
        /// - Throws: ``MariaDBError``; `CancellationError`.
        package mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> [Row]? {
            if state == .ended { return nil }
            if let deadline = source.deadline, ContinuousClock.now >= deadline {
                throw MariaDBError.deadlinePassed(source.sql)
            }
            if state == .fresh { try await source.connection.startStream(token, source.sql, source.values) }
            state = .ended
            let batch = try await source.connection.nextBatch(token, of: source.sql, limit: source.batch)
            if !batch.isLast { state = .running }
            return batch.rows.isEmpty ? nil : batch.rows
        }
    }
}

/// Lives as long as the reader of a stream does: the connection sees by it that the reader went away.
final class StreamToken: Sendable {}
