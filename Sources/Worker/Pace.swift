import Concurrency

/// Spreads the requests of one job evenly, within the share of the quota that its lease carries.
///
/// Each request has its interval before it, the first one too: however short the jobs are that follow each other under
/// the same share, they don't make more requests together than one long job.
final class Pace: Sendable {
    private let interval: Duration
    private let next: Lock<ContinuousClock.Instant>

    /// - Parameters:
    ///   - requestsPerMinute: `nil` for no limit.
    ///   - now: when the job begins.
    init(requestsPerMinute: Double?, now: ContinuousClock.Instant = .now) {
        interval = requestsPerMinute.map { $0 > 0 ? .seconds(60 / $0) : .zero } ?? .zero
        next = Lock(now + interval)
    }

    /// Waits for the turn of the next request.
    func wait() async throws {
        let now = ContinuousClock.now
        let turn = takeTurn(at: now)
        if turn > now { try await Task.sleep(until: turn, clock: .continuous) }
    }

    /// When the request may be sent that is asked for at `now`.
    func takeTurn(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let interval = interval
        return next.withLock { next in
            let turn = max(next, now)
            next = turn + interval
            return turn
        }
    }
}
