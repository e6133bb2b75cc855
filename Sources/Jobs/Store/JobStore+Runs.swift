import FoundationEssentials
package import MariaDB

extension JobStore {
    /// Records a run, to be planned; finds the one that an earlier try of the same request recorded.
    package func createRun(_ request: RunRequest, at now: Timestamp) async throws -> RunID {
        try await asCoordinator("create a run") { transaction in
            try await recordRun(request, plannedAt: nil, at: now, in: transaction)
        }
    }

    /// Finds the run of a request, or records it.
    /// - Parameter plannedAt: when it was planned whole; `nil` for one that is to be planned.
    func recordRun(
        _ request: RunRequest,
        plannedAt: Timestamp?,
        at now: Timestamp,
        in transaction: Transaction
    ) async throws -> RunID {
        let earlier = try await transaction.rows(
            "SELECT run_id FROM runs WHERE request_id = ?",
            [.bytes(request.requestID.bytes)],
            limit: 1
        )
        if let row = earlier.first { return RunID(rawValue: try row.decode("run_id")) }
        let names =
            try request.wikis.isEmpty ? nil : String(decoding: JSONEncoder().encode(request.wikis), as: UTF8.self)
        let outcome = try await transaction.execute(
            """
            INSERT INTO runs (state, kinds, wikis, family, parameters, requested_by, request_id, created_at, planned_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .string(plannedAt == nil ? "planning" : "active"),
                .string(request.kinds.map(\.rawValue).joined(separator: ",")),
                names.map(Value.string) ?? .null,
                request.family.map(Value.string) ?? .null,
                request.parameters.isEmpty ? .null : .string(String(decoding: request.parameters, as: UTF8.self)),
                .string(JobRow.clipped(request.requestedBy, to: 255)),
                .bytes(request.requestID.bytes),
                .datetime(now),
                plannedAt.map(Value.datetime) ?? .null,
            ]
        )
        return RunID(rawValue: outcome.lastInsertID)
    }

    /// What became of a request that was planned already, however long ago; `nil` when there is still something to plan.
    package func earlierRun(of requestID: RandomID) async throws -> EarlierRun? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT run_id, (SELECT COUNT(*) FROM jobs WHERE jobs.run_id = runs.run_id) AS planned,
                    (SELECT COUNT(*) FROM run_joins WHERE run_joins.run_id = runs.run_id) AS joined
                FROM runs WHERE request_id = ? AND state <> 'planning'
                """,
                [.bytes(requestID.bytes)],
                limit: 1
            )
        }
        guard let row = rows.first else { return nil }
        return EarlierRun(
            id: RunID(rawValue: try row.decode("run_id")),
            planned: try row.decode("planned"),
            joined: try row.decode("joined")
        )
    }

    /// The runs whose planning was begun and not finished.
    package func unplannedRuns() async throws -> [RunID] {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT run_id FROM runs WHERE state = 'planning' ORDER BY run_id",
                [],
                limit: 10_000
            )
        }
        return try rows.map { RunID(rawValue: try $0.decode("run_id")) }
    }

    /// What a run was started with.
    package func request(of run: RunID) async throws -> RunRequest? {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT kinds, wikis, family, parameters, requested_by, request_id FROM runs WHERE run_id = ?",
                [.uint(run.rawValue)],
                limit: 1
            )
        }
        guard let row = rows.first else { return nil }
        let kinds: String = try row.decode("kinds")
        let wikis: String? = try row.decode("wikis")
        let parameters: [UInt8]? = try row.decode("parameters")
        let requestID: [UInt8] = try row.decode("request_id")
        return RunRequest(
            kinds: kinds.split(separator: ",").map { JobKind(rawValue: String($0)) },
            wikis: try wikis.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? [],
            family: try row.decode("family"),
            parameters: parameters ?? [],
            requestedBy: try row.decode("requested_by"),
            requestID: RandomID(bytes: requestID) ?? .random()
        )
    }

    /// Inserts the jobs of a run and lets it begin, a part at a time. Jobs that are under way are joined. Planning that was
    /// broken off can be done again: what is there already is found.
    /// - Throws: ``NoMorePlanning`` when the run was cancelled, or planned whole, before.
    package func plan(_ run: RunID, drafts: [Planner.Draft], at now: Timestamp) async throws -> PlannedRun {
        var planned: [JobID] = []
        var joined = 0
        // Of this run and wiki: what later kinds may wait for.
        var activeByKind: [String: [JobKind: JobID]] = [:]
        for start in stride(from: 0, to: drafts.count, by: Self.draftsPerTransaction) {
            let part = Array(drafts[start..<min(start + Self.draftsPerTransaction, drafts.count)])
            let known = activeByKind
            let inserted = try await asCoordinator("plan a run") { transaction in
                try await lockPlanning(of: run, in: transaction)
                var placed: [(draft: Planner.Draft, id: JobID, isNew: Bool)] = []
                var here = known
                for draft in part {
                    let dependency = draft.waitsFor.lazy.compactMap { here[draft.wiki]?[$0] }.first
                    let (id, isNew) = try await place(draft, of: run, dependsOn: dependency, at: now, in: transaction)
                    here[draft.wiki, default: [:]][draft.kind] = id
                    placed.append((draft, id, isNew))
                }
                return placed
            }
            for job in inserted {
                activeByKind[job.draft.wiki, default: [:]][job.draft.kind] = job.id
                if job.isNew { planned.append(job.id) } else { joined += 1 }
            }
        }
        try await asCoordinator("begin a run") { transaction in
            try await transaction.execute(
                "UPDATE runs SET state = 'active', planned_at = ? WHERE run_id = ? AND state = 'planning'",
                [.datetime(now), .uint(run.rawValue)]
            )
            try await closeIfFinished(run, at: now, in: transaction)
        }
        return PlannedRun(id: run, jobs: planned, joined: joined)
    }

    /// The jobs that are active, in order of their numbers, a batch at a time.
    package func activeJobs(after last: JobID?, limit: Int) async throws -> [Job] {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT \(JobRow.columns) FROM jobs WHERE active = 1 AND job_id > ? ORDER BY job_id LIMIT ?",
                [.uint(last?.rawValue ?? 0), .uint(UInt64(limit))],
                limit: limit
            )
        }
        return try rows.map(Job.init(row:))
    }

    /// The jobs with these numbers, active or not.
    package func jobs(_ ids: [JobID]) async throws -> [Job] {
        var jobs: [Job] = []
        for start in stride(from: 0, to: ids.count, by: JobRow.idsPerQuery) {
            let slice = Array(ids[start..<min(start + JobRow.idsPerQuery, ids.count)])
            let rows = try await pool.withConnection { connection in
                try await connection.rows(
                    "SELECT \(JobRow.columns) FROM jobs WHERE job_id IN (\(JobRow.placeholders)) ORDER BY job_id",
                    JobRow.padded(slice),
                    limit: JobRow.idsPerQuery
                )
            }
            jobs += try rows.map(Job.init(row:))
        }
        return jobs
    }

    /// Gives up a run that can't be planned.
    package func abandon(_ run: RunID, at now: Timestamp) async throws {
        try await asCoordinator("abandon a run") { transaction in
            try await transaction.execute(
                "UPDATE runs SET state = 'failed', finished_at = ? WHERE run_id = ? AND state = 'planning'",
                [.datetime(now), .uint(run.rawValue)]
            )
        }
    }

    /// Closes a run that has no active job any more.
    func closeIfFinished(_ run: RunID, at now: Timestamp, in transaction: Transaction) async throws {
        // Of two transactions, of which one ends the last job while the other lets the run begin, the later has to see what
        // the earlier has done.
        _ = try await transaction.rows("SELECT run_id FROM runs WHERE run_id = ? FOR UPDATE", [.uint(run.rawValue)])
        // A subquery of its own for each way that a job belongs to a run, so that each uses its index.
        func exists(_ states: String) -> String {
            """
            (EXISTS (SELECT 1 FROM jobs WHERE run_id = runs.run_id AND state IN (\(states)))
             OR EXISTS (SELECT 1 FROM run_joins JOIN jobs USING (job_id)
                        WHERE run_joins.run_id = runs.run_id AND jobs.state IN (\(states))))
            """
        }
        try await transaction.execute(
            """
            UPDATE runs SET finished_at = ?,
                state = IF(\(exists("'failed', 'quarantined', 'cancelled'")), 'failed', 'done')
            WHERE run_id = ? AND state = 'active' AND NOT \(exists("'waiting', 'ready', 'leased'"))
            """,
            [.datetime(now), .uint(run.rawValue)]
        )
    }

    private static let draftsPerTransaction = 256

    /// Makes sure that a run is still being planned, and stays so until the transaction is over.
    private func lockPlanning(of run: RunID, in transaction: Transaction) async throws {
        let rows = try await transaction.rows(
            "SELECT state FROM runs WHERE run_id = ? FOR UPDATE",
            [.uint(run.rawValue)],
            limit: 1
        )
        let state: String? = try rows.first?.decode("state")
        guard state == "planning" else { throw NoMorePlanning(run: run) }
    }

    /// Finds the active job that a draft is about, or inserts it.
    func place(
        _ draft: Planner.Draft,
        of run: RunID,
        dependsOn dependency: JobID?,
        at now: Timestamp,
        in transaction: Transaction
    ) async throws -> (id: JobID, isNew: Bool) {
        let found = try await transaction.rows(
            """
            SELECT job_id, run_id FROM jobs WHERE kind = ? AND wiki = ? AND shard = ? AND active = 1 FOR UPDATE
            """,
            [.string(draft.kind.rawValue), .string(draft.wiki), .string(draft.shard)],
            limit: 1
        )
        if let row = found.first {
            let id: UInt64 = try row.decode("job_id")
            let owner: UInt64 = try row.decode("run_id")
            // An earlier try of this planning may have inserted it.
            if owner == run.rawValue { return (JobID(rawValue: id), true) }
            try await transaction.execute(
                "INSERT INTO run_joins (run_id, job_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE job_id = job_id",
                [.uint(run.rawValue), .uint(id)]
            )
            return (JobID(rawValue: id), false)
        }
        let outcome = try await transaction.execute(
            """
            INSERT INTO jobs (run_id, state, kind, wiki, shard, resource, expected_items, depends_on, created_at, changed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .uint(run.rawValue), .string(dependency == nil ? "ready" : "waiting"),
                .string(draft.kind.rawValue), .string(draft.wiki), .string(draft.shard),
                .string(draft.resource.rawValue), .uint(draft.expectedItems),
                dependency.map { .uint($0.rawValue) } ?? .null, .datetime(now), .datetime(now),
            ]
        )
        try await transaction.execute(
            "INSERT INTO job_events (job_id, at, event, attempt, term) VALUES (?, ?, 'planned', 0, ?)",
            [.uint(outcome.lastInsertID), .datetime(now), .uint(term)]
        )
        return (JobID(rawValue: outcome.lastInsertID), true)
    }
}

/// A run is planned no more: somebody has cancelled it, or it was planned already.
package struct NoMorePlanning: Error, Sendable, CustomStringConvertible {
    package let run: RunID

    package var description: String { "run \(run) isn't being planned any more" }
}
