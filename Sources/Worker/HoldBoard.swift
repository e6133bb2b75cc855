import Concurrency
import Jobs

/// What resources have asked this process for time, so that all of its jobs leave them alone at once, and the coordinator
/// hears of it with the next heartbeat.
final class HoldBoard: Sendable {
    /// What is told of a resource that asked for time.
    struct News: Sendable, Equatable {
        let resource: Resource
        let wait: Duration
        let reason: String
    }

    private struct Hold {
        var until: ContinuousClock.Instant
        var reason: String
        var isNews: Bool
    }

    /// A job may wait so long for a resource; for longer it is given back.
    let patience: Duration
    private let holds = Lock<[Resource: Hold]>([:])

    /// - Parameter patience: the interval of heartbeats.
    init(patience: Duration) {
        self.patience = patience
    }

    /// A resource has asked for time.
    /// - Parameter isNews: whether the coordinator is to be told with the next heartbeat.
    func hold(_ resource: Resource, for wait: Duration, reason: String, isNews: Bool) {
        let now = ContinuousClock.now
        holds.withLock { holds in
            holds = holds.filter { $0.value.until > now || $0.value.isNews }
            let until = max(now + wait, holds[resource]?.until ?? now)
            holds[resource] = Hold(until: until, reason: reason, isNews: isNews || holds[resource]?.isNews ?? false)
        }
    }

    /// Until when the resource is to be left alone; a time that may be over, `nil` when it never asked.
    func heldUntil(_ resource: Resource) -> ContinuousClock.Instant? { holds.withLock { $0[resource]?.until } }

    /// Why the resource was held back last.
    func reason(_ resource: Resource) -> String? { holds.withLock { $0[resource]?.reason } }

    /// Whether there is something that the coordinator doesn't know yet.
    var hasNews: Bool { holds.withLock { $0.values.contains(where: \.isNews) } }

    /// What the coordinator doesn't know yet, at most `limit`.
    func news(limit: Int) -> [News] {
        let now = ContinuousClock.now
        return holds.withLock { holds in
            for (resource, hold) in holds where hold.until <= now { holds[resource]?.isNews = false }
            return holds.filter(\.value.isNews).prefix(limit).map {
                News(resource: $0.key, wait: now.duration(to: $0.value.until), reason: $0.value.reason)
            }
        }
    }

    /// The coordinator knows now.
    func told(_ news: [News]) {
        holds.withLock { holds in
            for one in news where holds[one.resource]?.reason == one.reason { holds[one.resource]?.isNews = false }
        }
    }
}
