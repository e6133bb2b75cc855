package import MariaDB

/// The part of a resource that a lease may use.
package struct LeaseShare: Sendable, Equatable {
    package let resource: Resource
    /// Requests per minute; 0 for none until a later word, `nil` for no limit.
    package let perMinute: Double?
    /// For how long nothing is to be sent; `nil` when the resource isn't held back.
    package let hold: Duration?
}

extension Dispatcher {
    /// What a lease takes that an operator ended.
    struct Linger: Sendable {
        let worker: RandomID
        let resources: [Resource]
        /// When the worker drops the lease by itself.
        let until: Timestamp
        /// Whether the worker has told of the lease: then it has ended when it doesn't any more.
        let heard: Bool
    }

    // MARK: Shares

    /// The parts of its resources that a lease may use from now on.
    /// - Parameter inForce: requests per minute that its worker says it keeps to now, by resource.
    package mutating func shares(
        of lease: Lease,
        inForce: [Resource: Double] = [:],
        at now: Timestamp
    ) -> [LeaseShare] {
        guard let job = jobs[lease.job], job.lease == lease else { return [] }
        return kinds.resources(of: job).map { resource in
            let quota = quotas.quota(of: resource)
            let perMinute = quota.perMinute.map { limit in
                shares.allot(
                    lease,
                    of: resource,
                    inForce: inForce[resource],
                    limit: limit,
                    users: queues.isWanted(resource) ? quota.atOnce : 1
                )
            }
            let hold = quotas.heldBackUntil(resource, at: now).map { now.duration(to: $0) }
            return LeaseShare(resource: resource, perMinute: perMinute, hold: hold)
        }
    }

    mutating func beginShares(of job: Job, isFound: Bool) {
        guard let lease = job.lease, let worker = job.holder?.worker else { return }
        connections.leaseBegins(worker)
        for resource in kinds.resources(of: job) {
            guard let limit = quotas.quota(of: resource).perMinute else { continue }
            if isFound { shares.adopt(lease, of: resource, limit: limit) } else { shares.begin(lease, of: resource) }
        }
    }

    mutating func endShares(of job: Job, at now: Timestamp) {
        guard let lease = job.lease, let worker = job.holder?.worker else { return }
        connections.leaseEnds(worker, at: now)
        guard lingering[lease] == nil else { return }
        for resource in kinds.resources(of: job) { shares.end(lease, of: resource) }
    }

    // MARK: Leases that were ended without their workers

    /// Keeps what a lease takes until its worker, which may be in the middle of a request, knows that it is over.
    mutating func linger(_ job: Job, at now: Timestamp) {
        guard let lease = job.lease, let worker = job.holder?.worker, let clock = leases[job.id] else { return }
        let resources = kinds.resources(of: job)
        for resource in resources { quotas.take(resource) }
        lingering[lease] = Linger(
            worker: worker,
            resources: resources,
            until: clock.deadline ?? now.advanced(by: settings.firstLease),
            heard: clock.heard
        )
    }

    /// A worker has told of all the leases that it counts on.
    package mutating func heard(from worker: RandomID, of leases: [Lease], at now: Timestamp) {
        guard !lingering.isEmpty else { return }
        let told = Set(leases)
        for (lease, linger) in lingering where linger.worker == worker && linger.heard && !told.contains(lease) {
            endLinger(lease)
        }
    }

    mutating func endLingers(at now: Timestamp) {
        for (lease, linger) in lingering where linger.until <= now { endLinger(lease) }
    }

    mutating func endLinger(_ lease: Lease) {
        guard let linger = lingering.removeValue(forKey: lease) else { return }
        for resource in linger.resources { shares.end(lease, of: resource) }
        if unsettled[lease.job]?.isEmpty ?? false {
            // The table may not take it that the lease is over.
            unsettled[lease.job] = linger.resources
        } else {
            release(linger.resources)
        }
    }

    // MARK: Connections to the result database

    /// A worker has told how many connections it opens while it has leases.
    package mutating func register(_ worker: RandomID, connections count: Int) {
        connections.note(worker, connections: count)
    }

    /// A worker has left, or was lost.
    package mutating func unregister(_ worker: RandomID) {
        connections.forget(worker)
        for (lease, linger) in lingering where linger.worker == worker { endLinger(lease) }
    }
}
