/// What can happen to a job.
package enum JobEvent: Sendable, Equatable {
    /// The coordinator leases it to a worker.
    case granted(Job.Holder)
    /// The worker has finished it, after this checkpoint (0 for none), without which it isn't finished.
    case completed(counts: [String: UInt64], checkpoint: UInt32 = 0)
    /// The work went wrong. `permanent`: trying again can't help.
    case failed(message: String, permanent: Bool)
    /// The worker gave it back at its checkpoint, without blame; not to be granted again before `wait` is over.
    case released(reason: String, wait: Duration)
    /// The lease ran out. `heard`: there was at least one heartbeat, with this coordinator, for it.
    case expired(heard: Bool, checkpoint: UInt32)
    /// The job that it depends on is done, or will never be.
    case dependencyEnded(done: Bool)
    /// An operator doesn't want it any more.
    case cancelled(reason: String)
    /// An operator wants it tried again. `waits`: the job that it depends on isn't done yet.
    case retried(reason: String, waits: Bool)
}

/// What a job is told in `job_events`: the name of the transition and one line about it.
package struct JobStory: Sendable, Equatable {
    /// The names that stand in the table.
    package enum Name: String, Sendable, CaseIterable {
        case planned, granted, completed, failedAttempt = "failed_attempt", failed, released, snoozed
        case unheard, lost, quarantined, dependencyDone = "dependency_done", cancelled, retried
    }
    package let name: Name
    package let detail: String?

    package init(_ name: Name, detail: String? = nil) {
        self.name = name
        self.detail = detail
    }
}

/// An event that can't happen to a job in its state. It changes nothing.
package struct IllegalTransition: Error, Equatable, CustomStringConvertible {
    package let job: JobID
    package let state: JobState
    package let event: JobEvent

    package var description: String { "job \(job) is \(state.rawValue): \(event) can't happen to it" }
}
