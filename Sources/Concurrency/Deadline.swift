/// An operation wasn't finished in the time it had.
package struct DeadlineExceeded: Error, Sendable, Equatable, CustomStringConvertible {
    /// The time that the operation had.
    package let limit: Duration

    /// Makes the error that says that `limit` has passed.
    package init(limit: Duration) { self.limit = limit }

    package var description: String { "not finished within \(limit)" }
}

/// Runs `operation`, and cancels it when it isn't finished after `limit`.
///
/// The call returns only after `operation` has returned: an operation that doesn't react to cancellation is waited for.
/// - Throws: ``DeadlineExceeded`` when the time ran out first, else what `operation` throws.
package func withDeadline<Result: Sendable>(
    _ limit: Duration,
    operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw DeadlineExceeded(limit: limit) }
        return result
    }
}
