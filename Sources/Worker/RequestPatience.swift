import Concurrency
import Jobs
import Logging
import MediaWiki

/// How often one request is sent again: a few times when it failed in passing, and when its wiki asked for a short time.
struct RequestPatience {
    let board: HoldBoard
    /// What the request goes to, beside the wiki.
    let site: Resource
    let wiki: String
    let logger: Logger
    private var failures = 0
    private var holds = 0

    private static let retryPolicy = RetryPolicy(
        initialDelay: .seconds(1),
        maximumDelay: .seconds(4),
        maximumAttempts: 3
    )
    /// A resource that asks for a short time again and again gets a longer one: the job goes back.
    private static let maximumHolds = 3

    init(board: HoldBoard, site: Resource, wiki: String, logger: Logger) {
        self.board = board
        self.site = site
        self.wiki = wiki
        self.logger = logger
    }

    /// Returns when the request is to be sent again, in its turn.
    /// - Throws: `error`, when it isn't.
    mutating func wait(after error: APIError) async throws {
        switch error.recovery {
        case .retry where !error.isCancellation:
            failures += 1
            guard let delay = Self.retryPolicy.delay(afterFailedAttempts: failures) else { throw error }
            logger.debug("request repeated", metadata: ["perigee.error": "\(error)"])
            try await Task.sleep(for: delay)
        case .holdBack:
            holds += 1
            guard hold(after: error), holds < Self.maximumHolds else { throw error }
        case .retry, .permanent:
            throw error
        }
    }

    /// Has all jobs of this process leave a resource alone that asked for time.
    /// - Returns: whether that is so short that the job may wait for it.
    private func hold(after error: APIError) -> Bool {
        guard let resource = error.resource(site: site, wiki: wiki) else { return false }
        let isShort = error.retryAfter.map { $0 <= board.patience } ?? false
        // What takes longer is told along with the job that goes back.
        board.hold(
            resource,
            for: error.retryAfter ?? board.patience,
            reason: error.description,
            isNews: isShort && holds < Self.maximumHolds
        )
        return isShort
    }
}
