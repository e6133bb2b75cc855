extension Dispatcher {
    /// What must hold and doesn't. Empty for a sound dispatcher; meant for tests, it looks at every job.
    package var violations: [String] {
        var found = jobs.values.flatMap(\.violations)
        let leased = jobs.values.filter { $0.state == .leased }
        if Set(leased.map(\.id)) != Set(leases.keys) { found.append("the leased jobs are those with a lease clock") }
        var inUse: [Resource: Int] = [:]
        let taken =
            leased.flatMap { kinds.resources(of: $0) } + unsettled.values.joined()
            + lingering.values.flatMap(\.resources)
        for resource in taken { inUse[resource, default: 0] += 1 }
        found += quotas.violations(inUse: inUse)
        for job in jobs.values
        where job.state == .ready && !queues.contains(job.id) && unsettled[job.id] == nil {
            found.append("job \(job.id) is ready and in no queue")
        }
        for resource in queues.blockedResources
        where !pauses.holdsBack(resource) && !quotas.isFull(resource) {
            found.append("jobs wait for \(resource), which has room")
        }
        for job in jobs.values where !job.state.isActive { found.append("job \(job.id) is final and still here") }
        return found
    }
}
