import MariaDB
import PrivateMariaDB
import Testing

@testable import Jobs

/// What must hold in each state is a rule of the tables too: rows that were made by hand are refused.
@Suite(.timeLimit(.minutes(2))) struct TableRuleTests {
    /// Sets columns of a job in a state that is sound without them.
    private static let badJobs: [(state: String, change: String)] = [
        ("ready", "lease_id = REPEAT('a', 16)"),
        ("ready", "worker = REPEAT('a', 16)"),
        ("ready", "finished_at = NOW(6)"),
        ("ready", "state = 'leased'"),
        ("ready", "state = 'done'"),
        ("ready", "state = 'waiting'"),
        ("leased", "lease_id = NULL"),
        ("leased", "worker = NULL"),
        ("leased", "attempt = 0"),
        ("leased", "not_before = NOW(6)"),
        ("leased", "finished_at = NOW(6)"),
        ("leased", "state = 'ready'"),
        ("leased", "state = 'done', finished_at = NOW(6)"),
        ("done", "finished_at = NULL"),
        ("done", "not_before = NOW(6)"),
        ("done", "lease_id = REPEAT('a', 16), worker = REPEAT('a', 16)"),
        ("waiting", "depends_on = NULL"),
        ("waiting", "not_before = NOW(6)"),
    ]

    private static let badRuns = [
        "state = 'done'", "state = 'failed'", "finished_at = NOW(6)", "state = 'active'",
        "state = 'active', planned_at = NOW(6), finished_at = NOW(6)",
    ]

    private func code(_ body: () async throws -> Void) async -> Int? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? MariaDBError)?.code
        }
    }

    @Test func badJobsAreRefused() async throws {
        let test = try await TestStore.make()
        for (state, change) in Self.badJobs {
            try await test.execute("DELETE FROM jobs")
            let columns: String =
                switch state {
                case "leased": "lease_id = REPEAT('b', 16), worker = REPEAT('c', 16), attempt = 1,"
                case "done": "finished_at = NOW(6),"
                case "waiting": "depends_on = 1,"
                default: ""
                }
            try await test.execute(
                """
                INSERT INTO jobs SET \(columns) state = '\(state)', run_id = 1, kind = 'modules', wiki = 'a',
                    resource = 'site:a', created_at = NOW(6), changed_at = NOW(6)
                """
            )
            #expect(await code { try await test.execute("UPDATE jobs SET \(change)") } == 4025, "\(state): \(change)")
        }
    }

    @Test func badRunsAreRefused() async throws {
        let test = try await TestStore.make()
        _ = try await test.store.createRun(TestStore.request(), at: TestStore.now)
        for change in Self.badRuns {
            #expect(await code { try await test.execute("UPDATE runs SET \(change)") } == 4025, "\(change)")
        }
    }

    @Test func secondTermRowIsRefused() async throws {
        let test = try await TestStore.make()
        let insert = "INSERT INTO coordinator_term (id, term) VALUES (2, 9)"
        #expect(await code { try await test.execute(insert) } == 4025)
        #expect(await code { try await test.execute("INSERT INTO coordinator_term (id, term) VALUES (1, 9)") } == 1062)
    }

    @Test func secondActiveJobIsRefused() async throws {
        let test = try await TestStore.make()
        let job = try await test.planJob("a")
        func insert() async throws {
            try await test.execute(
                """
                INSERT INTO jobs SET state = 'ready', run_id = 1, kind = 'modules', wiki = 'a', resource = 'site:a',
                    created_at = NOW(6), changed_at = NOW(6)
                """
            )
        }
        #expect(await code(insert) == 1062)
        try await test.step(job, .granted(TestStore.holder), .completed(counts: [:]))
        #expect(await code(insert) == nil)
        #expect(await code(insert) == 1062)
    }

    @Test func countsAndCheckpointsAreJSON() async throws {
        let test = try await TestStore.make()
        try await test.plan(["a"])
        #expect(await code { try await test.execute("UPDATE jobs SET counts = '{'") } == 4025)
        let insert = "INSERT INTO checkpoints SET job_id = 1, sequence = 1, attempt = 1, lease_id = REPEAT('a', 16),"
        #expect(await code { try await test.execute("\(insert) state = 'x', written_at = NOW(6)") } == 4025)
        #expect(await code { try await test.execute("\(insert) state = '{}', written_at = NOW(6)") } == nil)
    }

    @Test func requestHasOneRun() async throws {
        let test = try await TestStore.make()
        _ = try await test.store.createRun(TestStore.request(), at: TestStore.now)
        let copy = """
            INSERT INTO runs (state, kinds, requested_by, request_id, created_at)
            SELECT state, kinds, requested_by, request_id, created_at FROM runs
            """
        #expect(await code { try await test.execute(copy) } == 1062)
    }
}
