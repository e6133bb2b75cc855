package import MariaDB

/// Who works on what: all active jobs, who holds them, and what may be granted next.
///
/// A pure state machine: events and the time go in, transitions come out, which the caller then commits. The table is the
/// truth; this is its image in the memory of the one coordinator that may change it, and can be built anew from it.
package struct Dispatcher: Sendable {
    private(set) var jobs: [JobID: Job] = [:]
    private(set) var leases: [JobID: LeaseClock] = [:]
    var queues: ReadyQueues
    package internal(set) var quotas: QuotaLedger
    var shares = ShareBook()
    var connections: ConnectionBook
    /// Leases that operators ended, until their workers know, and what they take meanwhile.
    var lingering: [Lease: Linger] = [:]
    package internal(set) var pauses = PauseBook()
    private var dependents: [JobID: Set<JobID>] = [:]
    /// Jobs whose last lease has ended by a decision that isn't known to be in the table, and what they take meanwhile:
    /// others could be granted its place before it is known to be free.
    var unsettled: [JobID: [Resource]] = [:]
    let settings: Settings
    let kinds: KindCatalog
    var generator: any RandomNumberGenerator & Sendable

    /// How long leases last, and how often a job may go wrong.
    package struct Settings: Sendable, Equatable {
        /// From each heartbeat on.
        package var lease: Duration = .seconds(45)
        /// From the grant to the first heartbeat.
        package var firstLease: Duration = .seconds(15)
        package var policy = JobPolicy()

        package init() {}
    }

    /// When a lease runs out.
    package struct LeaseClock: Sendable, Equatable {
        /// `nil` until the grant is committed.
        var deadline: Timestamp?
        /// Whether this coordinator has had a heartbeat for it.
        var heard: Bool
    }

    /// Makes a dispatcher without jobs.
    package init(
        settings: Settings,
        kinds: KindCatalog,
        quotas: QuotaLedger,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.settings = settings
        self.kinds = kinds
        self.quotas = quotas
        connections = ConnectionBook(limit: quotas.quota(of: .database).atOnce)
        self.generator = generator
        queues = ReadyQueues()
    }

    // MARK: What is there

    /// How many active jobs there are.
    package var jobCount: Int { jobs.count }

    /// How many jobs are leased.
    package var leaseCount: Int { leases.count }

    /// The active job with this number.
    package func job(_ id: JobID) -> Job? { jobs[id] }

    /// Whether an active job takes this resource beside its wiki.
    package func hasJobs(of resource: Resource) -> Bool { jobs.values.contains { $0.resource == resource } }

    /// The active jobs of a kind.
    package func jobs(of kind: JobKind) -> [Job] { jobs.values.filter { $0.kind == kind } }

    /// The jobs that wait for another.
    package var waitingJobs: [Job] { jobs.values.filter { $0.state == .waiting }.sorted { $0.id < $1.id } }

    /// Whether a job waits for this one that isn't among `others`.
    package func isWaitedFor(_ id: JobID, besides others: Set<JobID>) -> Bool {
        dependents[id].map { !$0.isSubset(of: others) } ?? false
    }

    /// When the lease of a job runs out; `nil` when it isn't leased.
    package func leaseClock(of id: JobID) -> LeaseClock? { leases[id] }

    /// The leases that a worker holds.
    package func leases(of worker: RandomID) -> [Lease] {
        leases.keys.compactMap { jobs[$0] }.filter { $0.holder?.worker == worker }.compactMap(\.lease)
    }

    // MARK: Jobs come in

    /// Takes an active job from the table: one just planned, one found at the start, or one on which memory and table
    /// didn't agree. A leased one gets a full lease from now on, and counts as unheard.
    package mutating func load(_ job: Job, at now: Timestamp) {
        forget(job.id, at: now)
        guard job.state.isActive else { return }
        place(job, isFound: true)
        if job.state == .leased {
            leases[job.id] = LeaseClock(deadline: now.advanced(by: settings.lease), heard: false)
        }
    }

    /// Drops a job that the table no longer has as active.
    package mutating func forget(_ id: JobID, at now: Timestamp) {
        if let known = jobs[id] { displace(known, at: now) }
        settle(id)
        for lease in lingering.keys where lease.job == id { endLinger(lease) }
    }

    // MARK: Grants

    /// Leases up to `slots` ready jobs of these kinds to a worker, those with most work first.
    ///
    /// The leases begin with ``grantCommitted(_:at:)``; until then they can't run out.
    package mutating func grant(
        slots: Int,
        kinds wanted: Set<JobKind>,
        worker: RandomID,
        at now: Timestamp
    ) -> [Transition] {
        queues.wake(at: now)
        for pause in pauses.removeEnded(at: now) { wake(from: pause.target) }
        endLingers(at: now)
        guard connections.hasRoom(for: worker, at: now) else { return [] }
        var transitions: [Transition] = []
        transitions.reserveCapacity(min(slots, 16))
        while transitions.count < slots, let id = nextReady(of: wanted, at: now) {
            let holder = Job.Holder(lease: .random(using: &generator), worker: worker)
            if let transition = apply(.granted(holder), to: id, at: now).first { transitions.append(transition) }
        }
        return transitions
    }

    /// The grant of this lease is in the table: its time begins.
    package mutating func grantCommitted(_ lease: Lease, at now: Timestamp) {
        guard jobs[lease.job]?.lease == lease else { return }
        leases[lease.job] = LeaseClock(deadline: now.advanced(by: settings.firstLease), heard: false)
    }

    private mutating func nextReady(of wanted: Set<JobKind>, at now: Timestamp) -> JobID? {
        let (quotas, pauses) = (quotas, pauses)
        func isOpen(_ queue: ReadyQueues.Key) -> Bool {
            wanted.contains(queue.kind) && quotas.hasRoom(queue.resource, at: now)
                && !pauses.isPaused(queue.kind) && !pauses.isPaused(queue.resource)
        }
        while let entry = queues.popBest(where: isOpen) {
            // The queues may still have an entry from before the job was snoozed; the right one comes in its time.
            guard let job = jobs[entry.id], job.state == .ready, job.notBefore.map({ $0 <= now }) ?? true else {
                continue
            }
            if pauses.isPaused(wiki: job.wiki) {
                queues.block(entry, on: .wiki(job.wiki), until: nil)
                continue
            }
            let full = kinds.resources(of: job).first { !quotas.hasRoom($0, at: now) }
            if let full {
                queues.block(entry, on: full, until: quotas.heldBackUntil(full, at: now))
            } else {
                return entry.id
            }
        }
        return nil
    }

    // MARK: What workers say

    /// Renews a lease. False when it isn't this worker's any more.
    package mutating func renew(_ lease: Lease, worker: RandomID, at now: Timestamp) -> Bool {
        guard let job = jobs[lease.job], job.lease == lease, job.holder?.worker == worker else { return false }
        leases[lease.job] = LeaseClock(deadline: now.advanced(by: settings.lease), heard: true)
        return true
    }

    /// The worker that holds `lease` says what became of its job. Empty when the lease isn't this worker's any more.
    package mutating func report(
        _ event: JobEvent,
        for lease: Lease,
        worker: RandomID,
        at now: Timestamp
    ) -> [Transition] {
        // It has ended the work, whatever counts of it.
        if lingering[lease]?.worker == worker { endLinger(lease) }
        guard let job = jobs[lease.job], job.lease == lease, job.holder?.worker == worker else { return [] }
        return apply(event, to: lease.job, at: now)
    }

    /// A resource asked for time, or failed: nothing that needs it is granted until then.
    package mutating func holdBack(_ resource: Resource, for wait: Duration?, reason: String, at now: Timestamp) {
        quotas.holdBack(resource, for: wait, reason: reason, at: now, using: &generator)
    }

    // MARK: Time

    /// The leases whose time is over.
    package func expiredLeases(at now: Timestamp) -> [Lease] {
        leases.filter { $0.value.deadline.map { $0 <= now } ?? false }.compactMap { jobs[$0.key]?.lease }
            .sorted { $0.job < $1.job }
    }

    /// Takes back a lease whose time is over. `checkpoint` is the sequence number of the job's checkpoint in the table.
    /// Empty when a heartbeat or a report came in between.
    package mutating func expire(_ lease: Lease, checkpoint: UInt32, at now: Timestamp) -> [Transition] {
        guard let clock = leases[lease.job], let deadline = clock.deadline, deadline <= now,
            jobs[lease.job]?.lease == lease
        else { return [] }
        return apply(.expired(heard: clock.heard, checkpoint: checkpoint), to: lease.job, at: now)
    }

    /// What was decided about the job last is in the table: if that has ended its lease, it can be granted again, and others
    /// in its place.
    package mutating func settle(_ id: JobID) {
        guard let resources = unsettled.removeValue(forKey: id) else { return }
        release(resources)
        if let job = jobs[id], job.state == .ready { queues.insert(job) }
    }

    mutating func release(_ resources: [Resource]) {
        for resource in resources {
            quotas.giveBack(resource)
            queues.unblock(resource)
        }
    }

    /// Leases that no coordinator reaped while it couldn't write get their full time again. Those that run out all the same,
    /// without a heartbeat after the outage, are nobody's fault.
    package mutating func extendAllLeases(at now: Timestamp) {
        for (id, clock) in leases where clock.deadline != nil {
            leases[id] = LeaseClock(deadline: now.advanced(by: settings.lease), heard: false)
        }
    }

    /// A job that `id` waits for has ended.
    package mutating func dependencyEnded(of id: JobID, done: Bool, at now: Timestamp) -> [Transition] {
        jobs[id]?.state == .waiting ? apply(.dependencyEnded(done: done), to: id, at: now) : []
    }

    // MARK: Bookkeeping

    /// The table didn't take the transition: the job is again what it was, if nothing else happened to it since.
    /// - Parameter clock: that of its lease, which goes on; `nil` for a lease that begins anew.
    package mutating func revert(_ transition: Transition, leaseClock clock: LeaseClock? = nil, at now: Timestamp) {
        guard jobs[transition.after.id] == transition.after || !transition.after.state.isActive else { return }
        load(transition.before, at: now)
        // One without a deadline is from before its grant was committed, which it was since.
        if let clock, clock.deadline != nil, leases[transition.before.id] != nil {
            leases[transition.before.id] = clock
        }
    }

    /// - Parameter lingers: whether the worker that holds the job's lease doesn't know yet.
    mutating func apply(
        _ event: JobEvent,
        to id: JobID,
        lingers: Bool = false,
        at now: Timestamp
    ) -> [Transition] {
        guard let before = jobs[id],
            let (after, story) = try? before.after(event, at: now, policy: settings.policy, using: &generator)
        else { return [] }
        if before.state == .leased {
            // What lingers keeps its place anyway.
            let resources = lingers ? [] : kinds.resources(of: before)
            unsettled[id] = resources
            for resource in resources { quotas.take(resource) }
        }
        if lingers { linger(before, at: now) }
        displace(before, at: now)
        if after.state.isActive { place(after) }
        var transitions = [Transition(before: before, after: after, story: story, at: now).standing(on: event)]
        if !after.state.isActive {
            for dependent in (dependents.removeValue(forKey: id) ?? []).sorted() {
                transitions += apply(.dependencyEnded(done: after.state == .done), to: dependent, at: now)
                    .map { $0.caused(by: id) }
            }
        }
        return transitions
    }

    /// - Parameter isFound: whether the table had it like this already, and not only from now on.
    mutating func place(_ job: Job, isFound: Bool = false) {
        jobs[job.id] = job
        switch job.state {
        case .ready:
            if unsettled[job.id] == nil { queues.insert(job) }
        case .leased:
            leases[job.id] = LeaseClock(deadline: nil, heard: false)
            for resource in kinds.resources(of: job) { quotas.take(resource) }
            beginShares(of: job, isFound: isFound)
        case .waiting:
            if let dependency = job.dependsOn { dependents[dependency, default: []].insert(job.id) }
        case .done, .failed, .quarantined, .cancelled:
            break
        }
    }

    private mutating func displace(_ job: Job, at now: Timestamp) {
        jobs[job.id] = nil
        switch job.state {
        case .leased:
            leases[job.id] = nil
            release(kinds.resources(of: job))
            endShares(of: job, at: now)
        case .waiting:
            if let dependency = job.dependsOn { dependents[dependency]?.remove(job.id) }
        case .ready, .done, .failed, .quarantined, .cancelled:
            // What the queues still have of a job that left is passed over when its turn comes.
            break
        }
    }
}
