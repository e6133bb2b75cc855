import Jobs
import Protocol

/// What becomes of jobs, in the form in which operators are told.
struct JobChanges: Sendable {
    /// So many are named.
    private static let named = 10

    private(set) var answer = WireJobsChanged()

    mutating func note(_ transitions: [Transition]) {
        answer.changed += UInt64(transitions.count)
        for transition in transitions.prefix(max(0, Self.named - answer.firstChanged.count)) {
            answer.firstChanged.append(WireNamedJob(transition.before))
        }
    }

    /// Those that are in the table; the rest of what was tried is left out.
    mutating func note(_ committed: [Transition], of transitions: [Transition]) {
        note(committed)
        let changed = Set(committed.map(\.after.id))
        for job in transitions.map(\.before) where !changed.contains(job.id) {
            leaveOutForNow(job, "it changed meanwhile")
        }
    }

    mutating func leaveOut(_ jobs: [Job], but transitions: [Transition], _ why: String) {
        let changed = Set(transitions.map(\.after.id))
        for job in jobs where !changed.contains(job.id) { leaveOut(job, why) }
    }

    mutating func leaveOut(_ job: Job, _ why: String) { leaveOut(WireNamedJob(job), why) }

    /// Leaves out a job for a reason that may be gone soon.
    mutating func leaveOutForNow(_ job: Job, _ why: String) {
        leaveOut(job, "\(why); try again")
        answer.notYet += 1
    }

    mutating func leaveOut(_ id: JobID, _ why: String) {
        var job = WireNamedJob()
        job.job = id.rawValue
        leaveOut(job, why)
    }

    mutating func goOn(after last: JobID) { answer.moreAfter = last.rawValue }

    private mutating func leaveOut(_ job: WireNamedJob, _ why: String) {
        answer.leftOut += 1
        guard answer.firstLeftOut.count < Self.named else { return }
        var job = job
        job.why = why
        answer.firstLeftOut.append(job)
    }
}

extension WireNamedJob {
    fileprivate init(_ job: Job) {
        self.init()
        self.job = job.id.rawValue
        kind = job.kind.rawValue
        wiki = job.wiki
        state = job.state.rawValue
    }
}
