import Jobs
import MariaDB

/// What a worker asks.
struct SimulatedRequest {
    enum Body {
        case acquire(slots: Int)
        case heartbeat([Lease], sentAt: Timestamp)
        case complete(Lease, checkpoint: UInt32)
        case fail(Lease)
        case release(Lease)
    }

    let worker: RandomID
    let id: UInt64
    let body: Body

    /// The lease that it ends.
    var ended: Lease? {
        switch body {
        case .acquire, .heartbeat: nil
        case .complete(let lease, _), .fail(let lease), .release(let lease): lease
        }
    }
}

/// What it is answered.
struct SimulatedResponse {
    enum Body {
        case grants([Lease])
        case verdicts(held: [Lease], lost: [Lease], sentAt: Timestamp)
        case outcome
    }

    let worker: RandomID
    let id: UInt64
    let body: Body
}

/// What an operator may want with a job.
enum OperatorVerb: CaseIterable {
    case cancel, release, retry
}
