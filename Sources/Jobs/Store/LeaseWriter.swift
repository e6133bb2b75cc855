package import MariaDB

/// How a worker writes for a lease: fence, rows and checkpoint in one transaction.
///
/// A worker that was given up writes nothing any more, because the fence finds that the job has another lease. A
/// transaction whose answer was lost isn't run twice, because its checkpoint tells.
package struct LeaseWriter: Sendable {
    private let pool: ConnectionPool
    /// The lease that it writes for.
    package let lease: Lease

    package init(pool: ConnectionPool, lease: Lease) {
        self.pool = pool
        self.lease = lease
    }

    /// The job's last checkpoint, by whomever it was written.
    package func lastCheckpoint() async throws -> Checkpoint? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT sequence, state, items_done, items_expected FROM checkpoints WHERE job_id = ?",
                [.uint(lease.job.rawValue)],
                limit: 1
            )
        }
        guard let row = rows.first else { return nil }
        return Checkpoint(
            sequence: try row.decode("sequence"),
            state: try row.decode("state"),
            itemsDone: try row.decode("items_done"),
            itemsExpected: try row.decode("items_expected")
        )
    }

    /// Runs `rows` and writes the checkpoint, together, if the lease is still this one.
    /// - Parameters:
    ///   - checkpoint: its sequence number is one more than the last one's.
    ///   - limit: no try begins after it; the lease shouldn't end earlier.
    /// - Throws: ``LeaseLost``; ``CheckpointMismatch``; what the pool and `rows` throw.
    package func commit(
        _ checkpoint: Checkpoint,
        within limit: Duration,
        _ rows: (Transaction) async throws -> Void
    ) async throws {
        try await pool.transaction("checkpoint", within: limit) { transaction in
            let job = try await transaction.rows(
                "SELECT attempt, lease_id FROM jobs WHERE job_id = ? LOCK IN SHARE MODE",
                [.uint(lease.job.rawValue)],
                limit: 1
            ).first
            let last = try await transaction.rows(
                "SELECT sequence, lease_id FROM checkpoints WHERE job_id = ? FOR UPDATE",
                [.uint(lease.job.rawValue)],
                limit: 1
            ).first
            let fence = Fence(
                attempt: try job?.decode("attempt"),
                leaseID: try job?.decode("lease_id"),
                sequence: try last?.decode("sequence") ?? 0,
                writer: try last?.decode("lease_id")
            )
            let isWritten = try fence.check(
                lease,
                writing: checkpoint.sequence,
                previousOutcomeUnknown: transaction.previousOutcomeUnknown
            )
            if isWritten { return }
            try await rows(transaction)
            try await write(checkpoint, in: transaction)
        }
    }

    private func write(_ checkpoint: Checkpoint, in transaction: Transaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO checkpoints (job_id, sequence, attempt, lease_id, state, items_done, items_expected, written_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON DUPLICATE KEY UPDATE sequence = VALUE(sequence), attempt = VALUE(attempt), lease_id = VALUE(lease_id),
                state = VALUE(state), items_done = VALUE(items_done), items_expected = VALUE(items_expected),
                written_at = VALUE(written_at)
            """,
            [
                .uint(lease.job.rawValue), .uint(UInt64(checkpoint.sequence)), .uint(UInt64(lease.attempt)),
                .bytes(lease.id.bytes), .string(checkpoint.state), .uint(checkpoint.itemsDone),
                .uint(checkpoint.itemsExpected), .datetime(.now),
            ]
        )
    }
}

/// Where a job has got to. A row of `checkpoints`.
package struct Checkpoint: Sendable, Equatable {
    /// 1 for the first, and one more for each next one.
    package var sequence: UInt32
    /// JSON in the form of the kind.
    package var state: String
    /// Items of the kind's own.
    package var itemsDone: UInt64
    /// 0 when not known.
    package var itemsExpected: UInt64

    package init(sequence: UInt32, state: String, itemsDone: UInt64, itemsExpected: UInt64) {
        self.sequence = sequence
        self.state = state
        self.itemsDone = itemsDone
        self.itemsExpected = itemsExpected
    }
}

/// The job has another lease now, or none. Nothing was written.
package struct LeaseLost: Error, Sendable, Equatable, CustomStringConvertible {
    package let lease: Lease

    package init(lease: Lease) { self.lease = lease }

    package var description: String { "the lease \(lease) is over" }
}

/// The table has another checkpoint than the worker wrote last: the database has forgotten a commit. Nothing was written;
/// the job goes on from the checkpoint that is there.
package struct CheckpointMismatch: Error, Sendable, Equatable, CustomStringConvertible {
    package let job: JobID
    /// The sequence number of the checkpoint that the worker wrote last.
    package let expected: UInt32
    /// The one in the table.
    package let found: UInt32

    package var description: String {
        "job \(job) has checkpoint \(found) in the table, not \(expected): the database has forgotten a commit"
    }
}
