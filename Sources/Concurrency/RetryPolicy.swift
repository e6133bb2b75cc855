/// How long to wait before the next try: exponential, with full jitter, and bounded.
///
/// The wait before try n + 1 is uniform in `0 ... min(maximumDelay, initialDelay * 2^(n - 1))`, which spreads clients
/// that failed together better than a fixed or partly random wait.
///
/// Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
package struct RetryPolicy: Sendable, Equatable {
    /// The bound of the wait after the first failed try.
    package var initialDelay: Duration
    /// No wait is longer than this.
    package var maximumDelay: Duration
    /// How many tries are made in all, the first one included; `nil` for no limit but the caller's deadline.
    package var maximumAttempts: Int?

    /// Makes a policy. `maximumAttempts` counts the first try too.
    package init(initialDelay: Duration, maximumDelay: Duration, maximumAttempts: Int? = nil) {
        self.initialDelay = initialDelay
        self.maximumDelay = maximumDelay
        self.maximumAttempts = maximumAttempts
    }

    /// The bound of the wait after `failedAttempts` tries (1 or more) have failed.
    package func ceiling(afterFailedAttempts failedAttempts: Int) -> Duration {
        // 2^30 times any useful initial delay is past any useful maximum, and the shift must not overflow.
        let doublings = min(max(failedAttempts - 1, 0), 30)
        return min(maximumDelay, initialDelay * (1 << doublings))
    }

    /// The wait before the next try after `failedAttempts` tries have failed, or `nil` when there is to be none.
    package func delay(
        afterFailedAttempts failedAttempts: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        if let maximumAttempts, failedAttempts >= maximumAttempts { return nil }
        return ceiling(afterFailedAttempts: failedAttempts) * Double.random(in: 0...1, using: &generator)
    }

    /// The wait before the next try, drawn from the system's generator.
    package func delay(afterFailedAttempts failedAttempts: Int) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        return delay(afterFailedAttempts: failedAttempts, using: &generator)
    }
}
