package import MariaDB

extension Dispatcher {
    /// Brings memory to what the table made of transitions that were decided here.
    /// - Parameter leaseClocks: those of the leases that are taken back by them, which go on where the row was passed over.
    /// - Returns: those that are in the table, and the jobs on which memory and table differed.
    package mutating func take(
        _ verdicts: some Sequence<JobStore.Verdict>,
        on transitions: [Transition],
        takingBack leaseClocks: [JobID: LeaseClock] = [:],
        at now: Timestamp
    ) -> (committed: [Transition], differed: [JobID]) {
        var committed: [Transition] = []
        var differed: [JobID] = []
        for (transition, verdict) in zip(transitions, verdicts) {
            switch verdict {
            case .committed:
                committed.append(transition)
                settle(transition.after.id)
            case .passedOver:
                revert(transition, leaseClock: leaseClocks[transition.before.id], at: now)
            case .stale(let row):
                differed.append(transition.before.id)
                if let row { load(row, at: now) } else { forget(transition.before.id, at: now) }
            }
        }
        return (committed, differed)
    }

    /// Brings memory back to what it was before: the table took none of these transitions.
    package mutating func revert(_ transitions: [Transition], at now: Timestamp) {
        for transition in transitions.reversed() { revert(transition, at: now) }
    }
}
