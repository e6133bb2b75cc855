/// Which of the jobs that were given up can be tried again. Pure: what the table has comes in.
package struct RetryRules: Sendable {
    /// What becomes of one job.
    package enum Ruling: Sendable, Equatable {
        /// `waits`: for the job that it depends on.
        case retry(waits: Bool)
        /// Why not, in a few words.
        case leaveOut(String)
    }

    private let twins: [JobID: JobTwins]
    private let dependencies: [JobID: JobState]
    private let isByNumber: Bool

    /// - Parameters:
    ///   - twins: of the jobs that are asked for.
    ///   - dependencies: the states of the jobs that they depend on.
    ///   - isByNumber: whether somebody named just these jobs; else one that a later job has followed is left out.
    package init(twins: [JobID: JobTwins], dependencies: [JobID: JobState], isByNumber: Bool) {
        self.twins = twins
        self.dependencies = dependencies
        self.isByNumber = isByNumber
    }

    /// Rules on jobs, in order of their numbers: those that others depend on come first.
    package func rule(on jobs: [Job]) -> [(job: Job, ruling: Ruling)] {
        struct Key: Hashable {
            let kind: JobKind
            let wiki: String
            let shard: String

            init(_ job: Job) { (kind, wiki, shard) = (job.kind, job.wiki, job.shard) }
        }
        var newest: [Key: JobID] = [:]
        for job in jobs where job.state.isGivenUp { newest[Key(job)] = max(newest[Key(job)] ?? job.id, job.id) }
        var retried = Set<JobID>()
        return jobs.sorted { $0.id < $1.id }.map { job in
            let ruling = ruling(on: job, newestAsked: newest[Key(job)] ?? job.id, retried: retried)
            if case .retry = ruling { retried.insert(job.id) }
            return (job, ruling)
        }
    }

    private func ruling(on job: Job, newestAsked: JobID, retried: Set<JobID>) -> Ruling {
        guard job.state.isGivenUp else { return .leaveOut("it is \(job.state.rawValue)") }
        let twins = twins[job.id] ?? JobTwins(newest: job.id, active: nil)
        if let active = twins.active { return .leaveOut("job \(active) is active for the same") }
        if !isByNumber, twins.newest > job.id { return .leaveOut("job \(twins.newest) came later for the same") }
        if newestAsked > job.id { return .leaveOut("job \(newestAsked) came later for the same, and is asked for too") }
        guard let dependency = job.dependsOn, let state = dependencies[dependency], state != .done else {
            return .retry(waits: false)
        }
        guard state.isActive || retried.contains(dependency) else {
            return .leaveOut("job \(dependency), which it depends on, is \(state.rawValue): retry that first")
        }
        return .retry(waits: true)
    }
}
