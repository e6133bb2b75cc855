import Concurrency
import Jobs

/// Renews the term, and knows whether that works.
final class TermKeeper: Sendable {
    private let store: JobStore
    private let takeover: Duration
    /// When the renewal was begun that went well last: no later than the database thinks.
    private let renewedAt: Lock<ContinuousClock.Instant>

    /// - Parameters:
    ///   - takeover: the time after which a standby may take the term.
    ///   - takenAt: a time before the term was taken.
    init(store: JobStore, takeover: Duration, takenAt: ContinuousClock.Instant) {
        self.store = store
        self.takeover = takeover
        renewedAt = Lock(takenAt)
    }

    /// How often it is to be renewed: a few tries may go wrong.
    static func interval(for takeover: Duration) -> Duration { min(takeover / 5, .seconds(4)) }

    /// Whether another coordinator may have taken over by now.
    var isUnsure: Bool { .now - renewedAt.withLock { $0 } >= takeover }

    /// Renews the term.
    /// - Throws: `Deposed`; what the pool throws when the database stays away.
    func renew() async throws {
        let begun = ContinuousClock.now
        try await store.renewTerm(within: takeover / 2)
        renewedAt.withLock { $0 = begun }
    }

    /// Gives the term up for a standby to take at once, where the database is there.
    func release() async {
        if !isUnsure { try? await store.releaseTerm(within: .seconds(2)) }
    }
}
