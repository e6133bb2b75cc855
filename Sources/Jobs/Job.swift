package import MariaDB

/// One work unit: one kind, one wiki, one shard. A row of `jobs`.
///
/// What may happen to a job, and what then becomes of it, is in `Job+Events.swift`.
package struct Job: Hashable, Sendable {
    package let id: JobID
    /// The run that planned it; other runs may have joined since.
    package let run: RunID
    package let kind: JobKind
    /// The wiki's database name; empty for a kind that isn't about one wiki.
    package let wiki: String
    /// Empty for a job that isn't sharded.
    package let shard: String
    /// What it shares with other jobs and takes one unit of, beside its wiki.
    package let resource: Resource
    /// How many items the work is expected to have: the more, the sooner it is granted.
    package let expectedItems: UInt64
    /// The job that has to be done first.
    package let dependsOn: JobID?

    package internal(set) var state: JobState
    /// How many leases there have been.
    package internal(set) var attempt: UInt32
    /// Who holds it. Set exactly while it is leased.
    package internal(set) var holder: Holder?
    /// Not to be granted earlier.
    package internal(set) var notBefore: Timestamp?
    /// How often the work failed.
    package internal(set) var failures: UInt32
    /// How often in a row its worker was lost without a checkpoint that moved.
    package internal(set) var losses: UInt32
    /// The sequence number of the checkpoint when the worker was lost last.
    package internal(set) var checkpointAtLoss: UInt32
    /// How often it was given back to wait for a time.
    package internal(set) var snoozes: UInt32
    /// The last thing that went wrong, in one line.
    package internal(set) var lastError: String?
    /// What was done, in numbers of the kind's own.
    package internal(set) var counts: [String: UInt64]
    /// Set exactly in final states.
    package internal(set) var finishedAt: Timestamp?

    /// Who holds a lease.
    package struct Holder: Hashable, Sendable {
        package let lease: RandomID
        /// The incarnation of the worker's process.
        package let worker: RandomID

        package init(lease: RandomID, worker: RandomID) {
            self.lease = lease
            self.worker = worker
        }
    }

    /// A job as it is planned: `ready`, or `waiting` where it depends on another.
    package init(
        id: JobID,
        run: RunID,
        kind: JobKind,
        wiki: String = "",
        shard: String = "",
        resource: Resource,
        expectedItems: UInt64 = 0,
        dependsOn: JobID? = nil
    ) {
        self.id = id
        self.run = run
        self.kind = kind
        self.wiki = wiki
        self.shard = shard
        self.resource = resource
        self.expectedItems = expectedItems
        self.dependsOn = dependsOn
        state = dependsOn == nil ? .ready : .waiting
        attempt = 0
        failures = 0
        losses = 0
        checkpointAtLoss = 0
        snoozes = 0
        counts = [:]
    }

    /// What names the present lease, or `nil` when there is none.
    package var lease: Lease? {
        holder.map { Lease(job: id, attempt: attempt, id: $0.lease) }
    }
}

/// The right to work on a job: the fencing token.
package struct Lease: Hashable, Sendable, CustomStringConvertible {
    package let job: JobID
    package let attempt: UInt32
    /// Random, so that a database that forgot its last commit can't make two leases look alike.
    package let id: RandomID

    package init(job: JobID, attempt: UInt32, id: RandomID) {
        self.job = job
        self.attempt = attempt
        self.id = id
    }

    package var description: String { "\(job)/\(attempt)/\(id)" }
}
