import Catalog
import Logging
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct SchemaTests {
    @Test func migrationsAreNumberedAndApplyTwice() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let migrator = try Migrator(Schema.migrations, settings: settings, logger: logger)
        #expect(try await migrator.apply().map(\.migration.number) == Array(1...Schema.version))
        #expect(try await migrator.apply().isEmpty)
        // A statement may be run again after its connection was lost.
        let connection = try await Connection.open(settings)
        for statement in Schema.migrations.flatMap(\.statements) { try await connection.execute(statement) }
        #expect(try await connection.rows("SELECT term FROM coordinator_term").map { try $0.decode("term") } == [0])
    }

    @Test func checkSaysWhatToDo() async throws {
        let catalog = try await TestCatalog.make()
        try await Schema.check(on: catalog.pool)
        let empty = try await Connection.open(PrivateMariaDB.shared.makeDatabase())
        let tooOld = await #expect(throws: SchemaError.self) { try await Schema.check(on: empty) }
        #expect(tooOld?.description.contains("run `perigee migrate`") == true)
        try await catalog.write {
            try await $0.execute("UPDATE schema_migrations SET oldest_binary = ?", [.int(Int64(Schema.version + 1))])
        }
        let tooNew = await #expect(throws: SchemaError.self) { try await Schema.check(on: catalog.pool) }
        #expect(tooNew?.description.contains("install a newer") == true)
    }

    private static let job = """
        INSERT INTO jobs (run_id, state, kind, wiki, resource, attempt, lease_id, worker, not_before, finished_at,
            depends_on, created_at, changed_at)
        VALUES (1, ?, 'modules', 'aawiki', 'site', ?, ?, ?, ?, ?, ?, NOW(6), NOW(6))
        """

    private func refused(_ pool: ConnectionPool, _ sql: String, _ values: [Value] = []) async throws -> Bool {
        try await pool.withConnection { connection in
            do {
                try await connection.execute(sql, values)
                return false
            } catch let error as MariaDBError {
                // 4025: a CHECK constraint failed.
                guard error.code == 4025 else { throw error }
                return true
            }
        }
    }

    @Test func jobsKeepTheirInvariants() async throws {
        let pool = try await TestCatalog.make().pool
        let id = Value.bytes(Array(repeating: 7, count: 16))
        let at = Value.datetime(time(0))
        let bad: [(String, [Value])] = [
            ("leased without lease", [.string("leased"), .int(1), .null, id, .null, .null, .null]),
            ("leased without worker", [.string("leased"), .int(1), id, .null, .null, .null, .null]),
            ("leased, but no attempt", [.string("leased"), .int(0), id, id, .null, .null, .null]),
            ("ready with a lease", [.string("ready"), .int(1), id, .null, .null, .null, .null]),
            ("ready with a worker", [.string("ready"), .int(1), .null, id, .null, .null, .null]),
            ("waiting for nothing", [.string("waiting"), .int(0), .null, .null, .null, .null, .null]),
            ("done, but not before", [.string("done"), .int(1), .null, .null, at, at, .null]),
            ("done, but not finished", [.string("done"), .int(1), .null, .null, .null, .null, .null]),
            ("ready and finished", [.string("ready"), .int(1), .null, .null, .null, at, .null]),
        ]
        for (name, values) in bad { #expect(try await refused(pool, Self.job, values), "\(name)") }
        let good: [[Value]] = [
            [.string("done"), .int(1), .null, .null, .null, at, .null],
            [.string("failed"), .int(5), .null, .null, .null, at, .null],
            [.string("leased"), .int(1), id, id, .null, .null, .null],
        ]
        for values in good { #expect(try await !refused(pool, Self.job, values)) }
        // One active job for each kind, wiki and shard; finished ones don't count.
        let second = await #expect(throws: MariaDBError.self) {
            try await pool.withConnection { connection in
                try await connection.execute(
                    Self.job,
                    [.string("ready"), .int(0), .null, .null, at, .null, .null]
                )
            }
        }
        #expect(second?.code == 1062)
    }

    @Test func otherTablesKeepTheirInvariants() async throws {
        let pool = try await TestCatalog.make().pool
        let run =
            "INSERT INTO runs (state, kinds, requested_by, request_id, created_at, planned_at, finished_at) VALUES "
        #expect(try await refused(pool, run + "('active', 'modules', 'me', 'a', NOW(), NULL, NULL)"))
        #expect(try await refused(pool, run + "('done', 'modules', 'me', 'b', NOW(), NOW(), NULL)"))
        #expect(try await refused(pool, run + "('planning', 'modules', 'me', 'c', NOW(), NULL, NOW())"))
        #expect(try await !refused(pool, run + "('active', 'modules', 'me', 'd', NOW(), NOW(), NULL)"))
        #expect(try await refused(pool, "INSERT INTO coordinator_term (id, term) VALUES (2, 0)"))
        let module = """
            INSERT INTO modules (dbname, page_id, title, lastrevid, content_model, length, sha256, no_source_reason,
                is_redirect, first_seen_at, observed_at, walk)
            VALUES ('aawiki', 1, 'A', 1, 'Scribunto', 1, ?, ?, 0, NOW(), NOW(), 1)
            """
        let hash = Value.bytes(Array(repeating: 1, count: 32))
        #expect(try await refused(pool, module, [.null, .null]))
        #expect(try await refused(pool, module, [hash, .string("hidden")]))
        #expect(try await !refused(pool, module, [hash, .null]))
    }
}
