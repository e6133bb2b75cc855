/// The states of a job. The diagram with all edges is in `protocols/README.md`.
package enum JobState: String, Sendable, CaseIterable {
    /// Another job has to be done first.
    case waiting
    /// Can be granted, once its `not_before` has come.
    case ready
    /// A worker has the right to work on it.
    case leased
    /// Finished.
    case done
    /// Out of attempts, or can't be done.
    case failed
    /// Its worker was lost too often.
    case quarantined
    /// An operator said so, or what it depends on has failed.
    case cancelled

    /// There is at most one active job per (kind, wiki, shard).
    package var isActive: Bool {
        switch self {
        case .waiting, .ready, .leased: true
        case .done, .failed, .quarantined, .cancelled: false
        }
    }

    /// Whether a job was given up, and can be tried again.
    package var isGivenUp: Bool { !isActive && self != .done }
}
