package import Concurrency

/// How often a job may go wrong before it is given up.
package struct JobPolicy: Sendable, Equatable {
    /// So many failures are too many.
    package var maximumFailures: UInt32
    /// So many losses in a row, without a checkpoint that moved, are too many.
    package var maximumLosses: UInt32
    /// The wait between a failure and the next attempt.
    package var backoff: RetryPolicy

    package init(
        maximumFailures: UInt32 = 5,
        maximumLosses: UInt32 = 3,
        backoff: RetryPolicy = RetryPolicy(initialDelay: .seconds(15), maximumDelay: .seconds(900))
    ) {
        self.maximumFailures = maximumFailures
        self.maximumLosses = maximumLosses
        self.backoff = backoff
    }
}
