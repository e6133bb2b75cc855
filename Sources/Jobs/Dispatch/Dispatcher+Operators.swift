package import MariaDB

extension Dispatcher {
    /// Whether what was decided about the job last isn't known to be in the table, and has ended its lease. It may be passed
    /// over there: operators have to wait.
    package func isUnsettled(_ id: JobID) -> Bool { unsettled[id] != nil }

    /// An operator doesn't want the job any more. Empty when it isn't active, or unsettled.
    package mutating func cancel(_ id: JobID, reason: String, at now: Timestamp) -> [Transition] {
        isUnsettled(id) ? [] : apply(.cancelled(reason: reason), to: id, lingers: true, at: now)
    }

    /// An operator takes a lease back, without blame. Empty when the job isn't leased.
    package mutating func takeBack(_ id: JobID, reason: String, at now: Timestamp) -> [Transition] {
        jobs[id]?.state == .leased ? apply(.released(reason: reason, wait: .zero), to: id, lingers: true, at: now) : []
    }

    /// An operator wants a job tried again that was given up, as it stands in the table. Empty when that can't be.
    /// - Parameter waits: whether the job that it depends on isn't done yet.
    package mutating func retry(_ job: Job, waits: Bool, reason: String, at now: Timestamp) -> [Transition] {
        let event = JobEvent.retried(reason: reason, waits: waits)
        guard jobs[job.id] == nil,
            let (after, story) = try? job.after(event, at: now, policy: settings.policy, using: &generator)
        else { return [] }
        place(after)
        return [Transition(before: job, after: after, story: story, at: now)]
    }

    /// Grants nothing more of what is paused, in place of an earlier pause of the same. What is leased goes on.
    package mutating func pause(_ pause: Pause) { pauses.insert(pause) }

    /// Ends a pause.
    package mutating func resume(_ target: Pause.Target) {
        pauses.remove(target)
        wake(from: target)
    }

    /// Lets the jobs be looked at again that were put aside for a paused wiki.
    mutating func wake(from target: Pause.Target) {
        if target.scope == .wiki { queues.unblock(.wiki(target.name)) }
    }
}
