import Jobs

/// The tables that the rules are about, as they are committed.
struct SimulatedTable {
    var jobs: [JobID: Job] = [:]
    /// The last checkpoint of each job, and the lease under which it was written.
    var checkpoints: [JobID: (sequence: UInt32, writer: RandomID)] = [:]
    /// The rows of the work: each part, as often as it was written.
    var parts: [JobID: [UInt32]] = [:]
    /// Jobs to which somebody wrote who wasn't their holder.
    var intrusions: [JobID] = []
    var pauses: [Pause.Target: Pause] = [:]
    var term: UInt64 = 0
    var owner: RandomID?

    /// What a worker's transaction finds.
    func fence(of job: JobID) -> Fence {
        Fence(
            attempt: jobs[job]?.attempt,
            leaseID: jobs[job]?.holder?.lease.bytes,
            sequence: checkpoints[job]?.sequence ?? 0,
            writer: checkpoints[job]?.writer.bytes
        )
    }

    /// What must hold at any moment and doesn't.
    func violations(siteLimit: Int, partCount: UInt32) -> [String] {
        var found = jobs.values.flatMap(\.violations)
        for (job, written) in parts where written != Array(1...(checkpoints[job]?.sequence ?? 0)) {
            found.append("job \(job) has the parts \(written) at checkpoint \(checkpoints[job]?.sequence ?? 0)")
        }
        for job in jobs.values where job.state == .done && checkpoints[job.id]?.sequence != partCount {
            found.append("job \(job.id) is done and isn't finished")
        }
        for job in intrusions { found.append("job \(job) was written to under another lease than its own") }
        let leased = jobs.values.filter { $0.state == .leased }
        if leased.count > siteLimit { found.append("\(leased.count) jobs of one site are leased") }
        return found
    }
}

/// What a faulty system does that the real one must not: each has to be found.
enum SeededBug: CaseIterable {
    /// Workers write without looking whether the job is still theirs.
    case noFence
    /// The fence compares attempts only.
    case noLeaseID
    /// Only the number of a term is compared, not whose it is.
    case termWithoutOwner
    /// What the database has forgotten is never looked for.
    case noComparison
}
