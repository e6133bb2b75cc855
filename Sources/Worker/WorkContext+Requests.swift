import Concurrency
import Jobs
import Logging
import MediaWiki

extension WorkContext {
    /// A request that failed in passing is repeated so often, before the job as a whole has failed.
    private static let retryPolicy = RetryPolicy(
        initialDelay: .seconds(1),
        maximumDelay: .seconds(4),
        maximumAttempts: 3
    )
    /// A resource that asks for a short time again and again gets a longer one: the job goes back.
    private static let maximumHolds = 3

    /// Sends a request in its turn, again when it failed in passing.
    /// - Throws: `APIError`; when the work is to stop here.
    func request<Answer>(_ send: () async throws -> Answer) async throws -> Answer {
        var failures = 0
        var holds = 0
        while true {
            try await nextRequest()
            do {
                return try await send()
            } catch let error as APIError where error.recovery == .holdBack {
                holds += 1
                guard hold(after: error), holds < Self.maximumHolds else { throw error }
            } catch let error as APIError where error.recovery == .retry && !error.isCancellation {
                failures += 1
                try await pause(after: error, failures: failures)
            }
        }
    }

    /// Has all jobs of this process leave a resource alone that asked for time.
    /// - Returns: whether that is so short that the job may wait for it.
    private func hold(after error: APIError) -> Bool {
        guard let resource = error.resource(site: site, wiki: wiki) else { return false }
        let wait = error.retryAfter ?? board.patience
        let isShort = error.retryAfter.map { $0 <= board.patience } ?? false
        // What takes longer is told along with the job that goes back.
        board.hold(resource, for: wait, reason: error.description, isNews: isShort)
        return isShort
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
