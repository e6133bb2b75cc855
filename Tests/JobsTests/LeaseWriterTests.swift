import MariaDB
import PrivateMariaDB
import TCPForwarder
import Testing

@testable import Jobs

/// Fence, rows and checkpoint in one transaction.
@Suite(.timeLimit(.minutes(3))) struct LeaseWriterTests {
    private let now = TestStore.now

    /// A leased job, and a table for the rows of its work.
    private func leasedJob(through forwarder: TCPForwarder? = nil) async throws -> (TestStore, Job, LeaseWriter) {
        let test = try await TestStore.make(through: forwarder)
        try await test.execute("CREATE TABLE work (item INT NOT NULL) ENGINE=InnoDB")
        let job = try await test.planJob("a")
        let leased = try await test.step(job, .granted(TestStore.holder))
        return (test, leased, LeaseWriter(pool: test.pool, lease: try #require(leased.lease)))
    }

    private func checkpoint(_ sequence: UInt32) -> Checkpoint {
        Checkpoint(
            sequence: sequence,
            state: #"{"at": \#(sequence)}"#,
            itemsDone: UInt64(sequence) * 50,
            itemsExpected: 0
        )
    }

    private func write(_ writer: LeaseWriter, _ sequence: UInt32) async throws {
        try await writer.commit(checkpoint(sequence), within: .seconds(30)) { transaction in
            try await transaction.execute("INSERT INTO work VALUES (?)", [.uint(UInt64(sequence))])
        }
    }

    private func work(_ test: TestStore) async throws -> [UInt32] {
        try await test.rows("SELECT item FROM work ORDER BY item").map { try $0.decode(at: 0) }
    }

    @Test func rowsAndCheckpointGoTogether() async throws {
        let (test, job, writer) = try await leasedJob()
        #expect(try await writer.lastCheckpoint() == nil)
        #expect(try await test.store.checkpointSequence(of: job.id) == 0)
        try await write(writer, 1)
        try await write(writer, 2)
        #expect(try await writer.lastCheckpoint() == checkpoint(2))
        #expect(try await test.store.checkpointSequence(of: job.id) == 2)
        #expect(try await work(test) == [1, 2])
        struct Refusal: Error {}
        await #expect(throws: Refusal.self) {
            try await writer.commit(checkpoint(3), within: .seconds(30)) { transaction in
                try await transaction.execute("INSERT INTO work VALUES (3)")
                throw Refusal()
            }
        }
        #expect(try await work(test) == [1, 2])
        #expect(try await writer.lastCheckpoint() == checkpoint(2))
        // The rules of the jobs' table aren't the worker's to change.
        #expect(try await test.store.jobs([job.id]) == [job])
    }

    @Test func fenceLetsOnlyTheLeaseThrough() async throws {
        let (test, job, writer) = try await leasedJob()
        let lease = writer.lease
        let wrong = [
            Lease(job: lease.job, attempt: lease.attempt + 1, id: lease.id),
            Lease(job: lease.job, attempt: lease.attempt - 1, id: lease.id),
            Lease(job: lease.job, attempt: lease.attempt, id: .random()),
            Lease(job: JobID(rawValue: job.id.rawValue + 1), attempt: lease.attempt, id: lease.id),
        ]
        for lease in wrong {
            await #expect(throws: LeaseLost(lease: lease)) {
                try await write(LeaseWriter(pool: test.pool, lease: lease), 1)
            }
        }
        #expect(try await work(test).isEmpty)
        try await write(writer, 1)
        #expect(try await work(test) == [1])
    }

    @Test(arguments: [
        JobEvent.expired(heard: true, checkpoint: 0), .released(reason: "stop", wait: .zero), .completed(counts: [:]),
        .failed(message: "no", permanent: true), .cancelled(reason: "no"),
    ])
    func leaseThatIsOverWritesNothing(_ event: JobEvent) async throws {
        let (test, job, writer) = try await leasedJob()
        try await write(writer, 1)
        try await test.step(job, event)
        await #expect(throws: LeaseLost.self) { try await write(writer, 2) }
        #expect(try await work(test) == [1])
        #expect(try await writer.lastCheckpoint() == checkpoint(1))
    }

    @Test func onlyTheHolderOfTwoWrites() async throws {
        let (test, job, first) = try await leasedJob()
        try await write(first, 1)
        let back = try await test.step(job, .expired(heard: true, checkpoint: 1))
        let again = try await test.step(back, .granted(TestStore.holder))
        let second = LeaseWriter(pool: test.pool, lease: try #require(again.lease))
        // Both go on from the same checkpoint, at once.
        async let late: LeaseLost? = #expect(throws: LeaseLost.self) { try await write(first, 2) }
        try await write(second, 2)
        _ = await late
        try await write(second, 3)
        #expect(try await work(test) == [1, 2, 3])
        let owner = try await test.rows("SELECT lease_id, attempt FROM checkpoints")[0]
        #expect(try owner.decode("lease_id") == second.lease.id.bytes)
        #expect(try owner.decode("attempt") == 2)
    }

    @Test func writerInMidTransactionIsNotReaped() async throws {
        let (test, job, writer) = try await leasedJob()
        let expired = TestStore.transitions(job, [.expired(heard: true, checkpoint: 0)])
        try await writer.commit(checkpoint(1), within: .seconds(30)) { transaction in
            try await transaction.execute("INSERT INTO work VALUES (1)")
            #expect(try await test.store.commit(expired, skippingLocked: true) == [.passedOver])
        }
        #expect(try await work(test) == [1])
        #expect(try await test.store.commit(expired, skippingLocked: true) == [.committed])
    }

    @Test(arguments: [0, 1, 3] as [UInt32]) func checkpointsCountUpByOne(_ written: UInt32) async throws {
        let (test, job, writer) = try await leasedJob()
        for sequence in 1...4 where sequence <= written { try await write(writer, UInt32(sequence)) }
        for next in [written + 2, written] where next > 0 {
            await #expect(throws: CheckpointMismatch(job: job.id, expected: next - 1, found: written)) {
                try await write(writer, next)
            }
        }
        #expect(try await work(test).count == Int(written))
        try await write(writer, written + 1)
    }

    @Test func forgottenCommitIsNoticed() async throws {
        let (test, job, writer) = try await leasedJob()
        for sequence in 1...3 { try await write(writer, UInt32(sequence)) }
        // As after a crash of a server that is told not to flush each commit.
        try await test.execute("DELETE FROM work WHERE item = 3")
        try await test.execute("UPDATE checkpoints SET sequence = 2")
        await #expect(throws: CheckpointMismatch(job: job.id, expected: 3, found: 2)) { try await write(writer, 4) }
        #expect(try await work(test) == [1, 2])
        try await write(writer, 3)
        #expect(try await work(test) == [1, 2, 3])
    }

    @Test(arguments: [TCPForwarder.Fault.loseAnswerToCommit, .loseCommit])
    func commitThatWasLostIsSettled(_ fault: TCPForwarder.Fault) async throws {
        let forwarder = try TCPForwarder(to: try await PrivateMariaDB.shared.port)
        defer { forwarder.close() }
        let (test, _, writer) = try await leasedJob(through: forwarder)
        for sequence in 1...3 {
            forwarder.setFault(fault)
            try await write(writer, UInt32(sequence))
        }
        #expect(test.pool.retryCounts.unknownOutcomes == 3)
        #expect(try await work(test) == [1, 2, 3])
        #expect(try await writer.lastCheckpoint()?.sequence == 3)
    }

    @Test func sequenceOfAnotherLeaseSettlesNothing() async throws {
        let forwarder = try TCPForwarder(to: try await PrivateMariaDB.shared.port)
        defer { forwarder.close() }
        let (test, job, writer) = try await leasedJob(through: forwarder)
        // The checkpoint 1 is somebody else's: a hand-made state, in which only the lease id tells.
        try await test.execute(
            """
            INSERT INTO checkpoints (job_id, sequence, attempt, lease_id, state, written_at)
            VALUES (\(job.id), 0, 1, REPEAT('x', 16), '{}', NOW(6))
            """
        )
        forwarder.setFault(.loseCommit)
        var tries = 0
        await #expect(throws: CheckpointMismatch(job: job.id, expected: 0, found: 1)) {
            try await writer.commit(checkpoint(1), within: .seconds(30)) { _ in
                tries += 1
                if tries == 1 { try await later(test) }
            }
        }
        #expect(tries == 1)
    }

    /// Has another connection raise the sequence as soon as the row is free.
    private func later(_ test: TestStore) async throws {
        Task { try await test.execute("UPDATE checkpoints SET sequence = 1") }
        while try await !test.somebodyWaitsForALock() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
