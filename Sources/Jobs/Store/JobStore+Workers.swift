package import MariaDB

/// A worker's process. A row of `workers`.
package struct WorkerRecord: Sendable, Equatable {
    package let incarnation: RandomID
    package let name: String
    package let host: String
    package let processID: UInt32
    package let software: String
    package let kinds: [JobKind]
    package let slots: Int

    package init(
        incarnation: RandomID,
        name: String,
        host: String,
        processID: UInt32,
        software: String,
        kinds: [JobKind],
        slots: Int
    ) {
        self.incarnation = incarnation
        self.name = name
        self.host = host
        self.processID = processID
        self.software = software
        self.kinds = kinds
        self.slots = slots
    }
}

extension JobStore {
    /// Notes that a worker has registered, perhaps not for the first time.
    package func noteWorker(_ worker: WorkerRecord, at now: Timestamp) async throws {
        try await asCoordinator("note a worker") { transaction in
            try await transaction.execute(
                """
                INSERT INTO workers (incarnation, name, state, host, pid, software, kinds, slots, registered_at, seen_at)
                VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)
                ON DUPLICATE KEY UPDATE state = 'running', seen_at = VALUE(seen_at)
                """,
                [
                    .bytes(worker.incarnation.bytes), .string(worker.name), .string(worker.host),
                    .uint(UInt64(worker.processID)), .string(worker.software),
                    .string(JobRow.clipped(worker.kinds.map(\.rawValue).joined(separator: ","), to: 255)),
                    .uint(UInt64(worker.slots)), .datetime(now), .datetime(now),
                ]
            )
        }
    }

    /// Notes that these workers are alive.
    package func noteAlive(_ workers: [RandomID], at now: Timestamp) async throws {
        guard !workers.isEmpty else { return }
        try await asCoordinator("note who is alive") { transaction in
            try await transaction.executeBulk(
                "UPDATE workers SET state = 'running', seen_at = ? WHERE incarnation = ?",
                [.timestamps(workers.map { _ in now }), .bytes(workers.map(\.bytes))]
            )
        }
    }

    /// Notes that these workers are gone: of their own will, which they have just said, or without a word.
    package func noteDeparture(of workers: [RandomID], lost: Bool, at now: Timestamp) async throws {
        guard !workers.isEmpty else { return }
        try await asCoordinator("note who is gone") { transaction in
            try await transaction.executeBulk(
                """
                UPDATE workers SET state = ?, seen_at = COALESCE(?, seen_at) WHERE incarnation = ? AND state = 'running'
                """,
                [
                    .strings(workers.map { _ in lost ? "lost" : "left" }),
                    .timestamps(workers.map { _ in lost ? nil : now }), .bytes(workers.map(\.bytes)),
                ]
            )
        }
    }

    /// The last coordinator's workers that haven't come to this one are called lost; those that live register again.
    package func noteOrphans(before start: Timestamp) async throws {
        try await asCoordinator("note who is gone") { transaction in
            try await transaction.execute(
                "UPDATE workers SET state = 'lost' WHERE state = 'running' AND seen_at < ?",
                [.datetime(start)]
            )
        }
    }
}
