import Concurrency

/// Spreads the requests of one job evenly, within the share of the quota that its lease carries.
final class Pace: Sendable {
    private let interval: Duration
    private let next: Lock<ContinuousClock.Instant>

    /// - Parameter requestsPerMinute: `nil` for no limit.
    init(requestsPerMinute: Double?) {
        interval = requestsPerMinute.map { $0 > 0 ? .seconds(60 / $0) : .zero } ?? .zero
        next = Lock(.now)
    }

    /// Waits for the turn of the next request.
    func wait() async throws {
        let now = ContinuousClock.now
        let interval = interval
        let turn = next.withLock { next in
            let turn = max(next, now)
            next = turn + interval
            return turn
        }
        if turn > now { try await Task.sleep(until: turn, clock: .continuous) }
    }
}
