package import MariaDB

extension Dispatcher {
    /// Brings memory to what the table made of transitions that were decided here.
    /// - Parameter leaseClock: that of the lease that is taken back by them; `nil` where none is. Rows that somebody has
    ///   locked are passed over then, and the lease goes on.
    /// - Returns: those that are in the table, and the jobs on which memory and table differed.
    package mutating func take(
        _ verdicts: some Sequence<JobStore.Verdict>,
        on transitions: [Transition],
        reaping leaseClock: LeaseClock? = nil,
        at now: Timestamp
    ) -> (committed: [Transition], differed: [JobID]) {
        var committed: [Transition] = []
        var differed: [JobID] = []
        for (transition, verdict) in zip(transitions, verdicts) {
            switch verdict {
            case .committed:
                committed.append(transition)
                settle(transition.after.id)
            case .stale(nil) where leaseClock != nil:
                revert(transition, leaseClock: leaseClock, at: now)
            case .stale(let row):
                differed.append(transition.before.id)
                if let row { load(row, at: now) } else { forget(transition.before.id) }
            }
        }
        return (committed, differed)
    }

    /// Brings memory back to what it was before: the table took none of these transitions.
    package mutating func revert(_ transitions: [Transition], at now: Timestamp) {
        for transition in transitions.reversed() { revert(transition, at: now) }
    }
}
