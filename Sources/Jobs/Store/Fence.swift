/// What a worker's transaction finds in the locked rows of its job and checkpoint, and what follows from it. Pure, so that
/// schedules can be tried without a database.
package struct Fence: Sendable {
    /// Of the job's row; `nil` when there is none.
    package var attempt: UInt32?
    package var leaseID: [UInt8]?
    /// Of the checkpoint's row; 0 when there is none.
    package var sequence: UInt32
    /// The lease under which the checkpoint was written.
    package var writer: [UInt8]?

    package init(attempt: UInt32?, leaseID: [UInt8]?, sequence: UInt32, writer: [UInt8]?) {
        self.attempt = attempt
        self.leaseID = leaseID
        self.sequence = sequence
        self.writer = writer
    }

    /// Whether `next` is written already, by an earlier try of the same transaction; if not, it is to be written now.
    /// - Throws: ``LeaseLost``; ``CheckpointMismatch``.
    package func check(_ lease: Lease, writing next: UInt32, previousOutcomeUnknown: Bool) throws -> Bool {
        guard attempt == lease.attempt, leaseID == lease.id.bytes else { throw LeaseLost(lease: lease) }
        if previousOutcomeUnknown, sequence == next, writer == lease.id.bytes { return true }
        guard sequence + 1 == next else {
            throw CheckpointMismatch(job: lease.job, expected: next - 1, found: sequence)
        }
        return false
    }
}
