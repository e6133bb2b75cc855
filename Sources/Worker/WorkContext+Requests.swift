import Concurrency
import Logging
import MediaWiki

extension WorkContext {
    /// A request that failed in passing is repeated so often, before the job as a whole has failed.
    private static let retryPolicy = RetryPolicy(
        initialDelay: .seconds(1),
        maximumDelay: .seconds(4),
        maximumAttempts: 3
    )

    /// Sends a request in its turn, again when it failed in passing.
    /// - Throws: `APIError`; when the work is to stop here.
    func request<Answer>(_ send: () async throws -> Answer) async throws -> Answer {
        var failures = 0
        while true {
            try await nextRequest()
            do {
                return try await send()
            } catch let error as APIError where error.recovery == .retry && !error.isCancellation {
                failures += 1
                try await pause(after: error, failures: failures)
            }
        }
    }

    /// Waits before a request is repeated, or gives up.
    /// - Parameter failures: how often it has failed.
    /// - Throws: `error`, when that was often enough.
    func pause(after error: APIError, failures: Int) async throws {
        guard let delay = Self.retryPolicy.delay(afterFailedAttempts: failures) else { throw error }
        logger.debug("request repeated", metadata: ["perigee.error": "\(error)"])
        try await Task.sleep(for: delay)
    }
}
