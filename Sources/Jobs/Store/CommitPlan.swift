/// What becomes of transitions, given the rows of their jobs as they stand, locked, in the table. Pure, so that schedules can
/// be tried without a database.
package struct CommitPlan: Sendable {
    /// One per transition.
    package private(set) var verdicts: [JobStore.Verdict] = []
    /// Those to be written, in their order.
    package private(set) var written: [Transition] = []

    /// Decides about each transition. A job may be in several.
    /// - Parameter checkpoints: the sequence numbers of the jobs' checkpoints, where a transition stands on one.
    package init(_ transitions: [Transition], rows: [JobID: Job], checkpoints: [JobID: UInt32]) {
        var rows = rows
        let doneBefore = Self.alreadyWritten(transitions, rows: rows)
        var stale = Set<JobID>()
        for (index, transition) in transitions.enumerated() {
            let id = transition.before.id
            let row = rows[id]
            if let last = doneBefore[id], index <= last {
                verdicts.append(.committed)
            } else if let row, row.isSameStep(as: transition.before), !(transition.cause.map(stale.contains) ?? false),
                transition.checkpoint <= checkpoints[id] ?? 0
            {
                rows[id] = transition.after
                written.append(transition)
                verdicts.append(.committed)
            } else {
                stale.insert(id)
                verdicts.append(.stale(row))
            }
        }
    }

    /// For the jobs of which transitions are in the table already, because the answer to the commit that wrote them was
    /// lost: the index of the last of those.
    private static func alreadyWritten(_ transitions: [Transition], rows: [JobID: Job]) -> [JobID: Int] {
        var last: [JobID: Int] = [:]
        var fresh = Set<JobID>()
        for (index, transition) in transitions.enumerated() {
            let id = transition.before.id
            guard let row = rows[id], !fresh.contains(id) else { continue }
            if row.isSameStep(as: transition.before), last[id] == nil {
                fresh.insert(id)
            } else if row.isSameStep(as: transition.after) {
                last[id] = index
            }
        }
        return last
    }
}

extension Job {
    /// Whether the two are at the same step: what every state change has to name.
    fileprivate func isSameStep(as other: Job) -> Bool {
        state == other.state && attempt == other.attempt && holder == other.holder
            && failures == other.failures && losses == other.losses && snoozes == other.snoozes
    }
}
