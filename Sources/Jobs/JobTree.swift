/// Which jobs depend on which.
package struct JobTree: Sendable {
    private let dependencies: [JobID: JobID]

    package init(_ jobs: [Job]) {
        dependencies = Dictionary(
            jobs.compactMap { job in job.dependsOn.map { (job.id, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// These jobs and all that they depend on, directly or not: none of them may end before they do.
    package func ancestors(of jobs: Set<JobID>) -> Set<JobID> {
        var found = Set<JobID>()
        for job in jobs {
            var next: JobID? = job
            while let id = next, found.insert(id).inserted { next = dependencies[id] }
        }
        return found
    }
}
