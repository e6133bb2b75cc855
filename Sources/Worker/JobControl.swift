import Concurrency
import Jobs

/// What the worker's loops and the work on one job tell each other.
final class JobControl: Sendable {
    private struct State {
        var leaseEnds: ContinuousClock.Instant
        var isConfirmed = false
        /// The coordinator, or the table, said that it is somebody else's.
        var isTakenBack = false
        /// Its time ran out with nobody to renew it.
        var isExpired = false
        var isStopping = false
        var checkpoint: UInt32 = 0
        var itemsDone: UInt64 = 0
        var itemsExpected: UInt64 = 0
        var task: Task<Void, Never>?

        var isOver: Bool { isTakenBack || isExpired }
    }

    /// What a heartbeat says of a job.
    struct Progress: Sendable {
        let checkpoint: UInt32
        let itemsDone: UInt64
        let itemsExpected: UInt64
    }

    let lease: Lease
    /// Whether the work goes on until it is asked to stop.
    let isEndless: Bool
    /// When the grant was received.
    let grantedAt: ContinuousClock.Instant
    /// When requests may be sent for it.
    let pace: Pace
    private let state: Lock<State>

    /// - Parameters:
    ///   - grantedAt: when the grant was received.
    ///   - leaseEnds: counted from then.
    init(
        lease: Lease,
        pace: Pace,
        isEndless: Bool = false,
        grantedAt: ContinuousClock.Instant = .now,
        leaseEnds: ContinuousClock.Instant
    ) {
        self.lease = lease
        self.pace = pace
        self.isEndless = isEndless
        self.grantedAt = grantedAt
        state = Lock(State(leaseEnds: leaseEnds))
    }

    // MARK: For the loops

    /// The work, to be cancelled when the lease is lost.
    func attach(_ task: Task<Void, Never>) {
        let cancel = state.withLock { state in
            state.task = task
            return state.isOver
        }
        if cancel { task.cancel() }
    }

    /// A heartbeat that was sent at `sent` was answered: the lease is held.
    func renew(until leaseEnds: ContinuousClock.Instant) {
        state.withLock { state in
            state.isConfirmed = true
            if !state.isOver { state.leaseEnds = max(state.leaseEnds, leaseEnds) }
        }
    }

    /// Whether there was a heartbeat for it; the coordinator doesn't know before whether the grant has arrived.
    var isConfirmed: Bool { state.withLock { $0.isConfirmed } }

    /// The lease is somebody else's: the work is cancelled and writes nothing more.
    func lose() {
        let task = state.withLock { state in
            state.isTakenBack = true
            return state.task
        }
        task?.cancel()
    }

    /// Ends the lease if its time is over: the work is cancelled and writes nothing more.
    func expireIfDue() {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard !state.isOver, ContinuousClock.now >= state.leaseEnds else { return nil }
            state.isExpired = true
            return state.task
        }
        task?.cancel()
    }

    /// Asks the work to stop at its next checkpoint.
    func stop() { state.withLock { $0.isStopping = true } }

    /// Ends the work now: it is asked to stop and its waits are cut short. The lease is kept, to be given back.
    func interrupt() {
        let task = state.withLock { state in
            state.isStopping = true
            return state.task
        }
        task?.cancel()
    }

    var progress: Progress {
        state.withLock {
            Progress(checkpoint: $0.checkpoint, itemsDone: $0.itemsDone, itemsExpected: $0.itemsExpected)
        }
    }

    // MARK: For the work

    var leaseEnds: ContinuousClock.Instant { state.withLock { $0.leaseEnds } }

    /// What became of the lease.
    var standing: LeaseStanding {
        state.withLock { state in
            if state.isTakenBack { return .takenBack }
            return state.isExpired || ContinuousClock.now >= state.leaseEnds ? .expired : .held
        }
    }

    /// Whether nothing may be written for it any more.
    var isLost: Bool { standing != .held }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func note(_ checkpoint: Checkpoint) {
        state.withLock { state in
            state.checkpoint = checkpoint.sequence
            state.itemsDone = checkpoint.itemsDone
            state.itemsExpected = checkpoint.itemsExpected
        }
    }
}

/// What a worker knows of its lease.
enum LeaseStanding: Sendable {
    case held
    /// Its time ran out, by the worker's clock, with nobody to renew it. The coordinator may still count on it.
    case expired
    /// The coordinator said that it isn't this worker's any more.
    case takenBack
}
