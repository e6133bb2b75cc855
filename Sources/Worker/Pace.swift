import Concurrency
import Jobs
import Protocol

/// When the requests of one job may be sent: evenly, within the shares that its lease carries, and not while a resource is held
/// back.
///
/// Each request has its interval before it, the first one too: however short the jobs are that follow each other under
/// the same share, they don't make more requests together than one long job.
final class Pace: Sendable {
    /// What is to be done about a request that is asked for.
    enum Turn: Equatable {
        /// It may be sent.
        case now
        /// To be asked for again then, at the latest.
        case later(ContinuousClock.Instant)
        /// The resource is held back for so long.
        case held(Resource, Duration)
    }

    private struct State {
        var shares: [Resource: Share]
        var holds: [Resource: ContinuousClock.Instant] = [:]
        /// When the last request was sent, or the job began.
        var last: ContinuousClock.Instant
    }

    private let board: HoldBoard
    private let state: Lock<State>

    /// How long a share that isn't known yet is waited for before looking again.
    private static let look = Duration.milliseconds(250)
    /// A share may grow while a request waits for its turn.
    private static let longestSleep = Duration.seconds(1)

    /// - Parameters:
    ///   - shares: what the grant carries.
    ///   - board: the holds that this process knows of.
    ///   - now: when the job begins.
    init(_ shares: [Share] = [], board: HoldBoard, now: ContinuousClock.Instant = .now) {
        self.board = board
        state = Lock(State(shares: [:], last: now))
        take(shares, at: now)
    }

    /// The coordinator allots other shares from now on.
    func take(_ shares: [Share], at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            for share in shares {
                state.shares[share.resource] = share
                state.holds[share.resource] = share.hold.map { now + $0 }
            }
        }
    }

    /// The shares that are kept to, of resources whose requests are counted.
    var inForce: [Share] {
        state.withLock { $0.shares.values.filter { $0.perMinute != nil } }.sorted {
            $0.resource.rawValue < $1.resource.rawValue
        }
    }

    /// Waits for the turn of the next request.
    /// - Throws: ``HeldBack`` when that may take longer than a lease should be slept on; `CancellationError`.
    func wait() async throws {
        while true {
            let now = ContinuousClock.now
            switch turn(at: now) {
            case .now: return
            case .later(let turn): try await Task.sleep(until: min(turn, now + Self.longestSleep), clock: .continuous)
            case .held(let resource, let hold):
                guard hold <= board.patience else {
                    throw HeldBack(resource: resource, wait: hold, reason: board.reason(resource))
                }
                try await Task.sleep(for: min(hold, Self.longestSleep))
            }
        }
    }

    /// Takes the turn for a request that is asked for at `now`, if it is there.
    func turn(at now: ContinuousClock.Instant) -> Turn {
        state.withLock { state in
            var held: (resource: Resource, until: ContinuousClock.Instant)?
            for resource in state.shares.keys {
                let until = max(state.holds[resource] ?? now, board.heldUntil(resource) ?? now)
                if until > held?.until ?? now { held = (resource, until) }
            }
            if let held { return .held(held.resource, now.duration(to: held.until)) }
            let rates = state.shares.values.compactMap(\.perMinute)
            if rates.contains(0) { return .later(now + Self.look) }
            let turn = state.last + (rates.min().map { .seconds(60 / $0) } ?? .zero)
            guard turn <= now else { return .later(turn) }
            state.last = now
            return .now
        }
    }
}

/// The part of a resource that a lease may use.
struct Share: Sendable, Equatable {
    let resource: Resource
    /// Requests per minute; 0 for none until a later word, `nil` for no limit.
    let perMinute: Double?
    /// For how long nothing is to be sent, from when it was told; `nil` when the resource isn't held back.
    let hold: Duration?

    init(resource: Resource, perMinute: Double?, hold: Duration? = nil) {
        self.resource = resource
        self.perMinute = perMinute
        self.hold = hold
    }

    init(_ wire: WireShare) {
        let isLimited = wire.none || wire.requestsPerMinute > 0
        self.init(
            resource: Resource(rawValue: wire.resource),
            perMinute: isLimited ? (wire.none ? 0 : wire.requestsPerMinute) : nil,
            hold: wire.holdMilliseconds > 0 ? .milliseconds(wire.holdMilliseconds) : nil
        )
    }
}

extension WireShare {
    init(_ share: Share) {
        self.init()
        resource = share.resource.rawValue
        requestsPerMinute = share.perMinute ?? 0
        none = share.perMinute == 0
    }
}

/// A resource is held back for longer than a lease should be slept on: the job goes back until then.
struct HeldBack: Error, Sendable, CustomStringConvertible {
    let resource: Resource
    let wait: Duration
    let reason: String?

    var description: String {
        "\(resource) is held back for \(wait.wholeSeconds) s\(reason.map { ": \($0)" } ?? "")"
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
