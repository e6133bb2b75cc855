import Logging
import MariaDB
import PrivateMariaDB
import Testing

@Suite(.timeLimit(.minutes(2))) struct MigratorTests {
    private let first = Migration(1, "first", oldestBinary: 1, ["CREATE TABLE a (x INT)", "INSERT INTO a VALUES (1)"])
    private let second = Migration(2, "second", oldestBinary: 1, ["ALTER TABLE a ADD COLUMN y INT"])

    private func migrator(
        _ migrations: [Migration],
        _ settings: ConnectionSettings,
        lockWait: Duration = .seconds(60)
    ) throws -> Migrator {
        try Migrator(
            migrations,
            settings: settings,
            lockWait: lockWait,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func problem(_ body: () async throws -> Void) async -> MigrationError.Problem? {
        await #expect(throws: MigrationError.self) { try await body() }?.problem
    }

    @Test func freshAndAgain() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let connection = try await Connection.open(settings)
        #expect(try await SchemaVersion.read(from: connection) == SchemaVersion(number: 0, oldestBinary: 0))
        let plan = try await migrator([first, second], settings).plan()
        #expect(plan.flatMap(\.statements) == first.statements + second.statements)
        // Planning has changed nothing.
        #expect(try await connection.rows("SHOW TABLES").isEmpty)
        #expect(try await migrator([first, second], settings).apply(to: 1).map(\.migration) == [first])
        #expect(try await migrator([first, second], settings).apply().map(\.migration) == [second])
        #expect(try await migrator([first, second], settings).apply().isEmpty)
        #expect(try await SchemaVersion.read(from: connection) == SchemaVersion(number: 2, oldestBinary: 1))
        #expect(try await connection.rows("SELECT x, y FROM a").map(\.values) == [[.int(1), .null]])
    }

    @Test func severalAtOnce() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 { group.addTask { try await migrator([first, second], settings).apply().count } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(done.sorted() == [0, 0, 0, 0, 2])
        let connection = try await Connection.open(settings)
        #expect(try await connection.rows("SELECT x FROM a").count == 1)
    }

    @Test func lockThatIsHeld() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let holder = try await Connection.open(settings)
        try await holder.execute("SELECT GET_LOCK(CONCAT('schema_migrations.', SHA1(DATABASE())), 0)")
        let held = await problem { _ = try await migrator([first], settings, lockWait: .seconds(1)).apply() }
        #expect(held == .locked(.seconds(1)))
        await holder.close()
        #expect(try await migrator([first], settings).apply().count == 1)
    }

    @Test func changedGapUnknownAndBadList() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        _ = try await migrator([first, second], settings).apply()
        for statements in [
            ["CREATE TABLE a (x BIGINT)", "INSERT INTO a VALUES (1)"], first.statements + ["SELECT 1"], ["SELECT 1"],
        ] {
            let changed = Migration(1, "first", oldestBinary: 1, statements)
            #expect(
                await problem { _ = try await migrator([changed, second], settings).plan() } == .changed(name: "first")
            )
        }
        #expect(await problem { _ = try await migrator([first], settings).apply() } == .unknown(name: "second"))
        let connection = try await Connection.open(settings)
        try await connection.execute("DELETE FROM schema_migrations WHERE number = 1")
        #expect(await problem { _ = try await migrator([first, second], settings).apply() } == .gap)
        #expect(await problem { _ = try migrator([second, first], settings) } == .badList)
        #expect(await problem { _ = try migrator([second], settings) } == .badList)
    }

    @Test func goesOnAfterTheStatementThatFailed() async throws {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let broken = Migration(
            2,
            "broken",
            oldestBinary: 2,
            ["CREATE TABLE b (x INT)", "INSERT INTO b VALUES ('no')", "DROP TABLE a"]
        )
        for _ in 0..<2 {
            let error = await #expect(throws: MigrationError.self) {
                try await migrator([first, broken], settings).apply()
            }
            #expect("\(try #require(error))".contains("statement 2 of migration 2 (broken) failed"))
        }
        let connection = try await Connection.open(settings)
        // A half-finished one isn't applied, but older binaries are already kept away.
        let version = try await SchemaVersion.read(from: connection)
        #expect(version == SchemaVersion(number: 1, oldestBinary: 2))
        // What is done already can't be changed, the rest can.
        let changed = Migration(2, "broken", oldestBinary: 2, ["CREATE TABLE c (x INT)", "INSERT INTO b VALUES (2)"])
        #expect(
            await problem { _ = try await migrator([first, changed], settings).apply() } == .changed(name: "broken")
        )
        let mended = Migration(2, "broken", oldestBinary: 2, ["CREATE TABLE b (x INT)", "INSERT INTO b VALUES (2)"])
        let plan = try await migrator([first, mended], settings).plan()
        #expect(plan.flatMap(\.statements) == ["INSERT INTO b VALUES (2)"])
        #expect(try await migrator([first, mended], settings).apply() == plan)
        #expect(try await connection.rows("SELECT x FROM b")[0].decode("x") == 2)
        #expect(try await migrator([first, mended], settings).apply().isEmpty)
    }

    @Test func versionsThatFitAndDoNot() {
        let version = SchemaVersion(number: 5, oldestBinary: 3)
        #expect(version.check(binary: 5) == .ok)
        #expect(version.check(binary: 3) == .ok)
        #expect(version.check(binary: 6) == .tooOld(schema: 5, needed: 6))
        #expect(version.check(binary: 2) == .tooNew(binary: 2, oldest: 3))
        #expect("\(version.check(binary: 6))".contains("perigee migrate"))
        #expect("\(version.check(binary: 2))".contains("install a newer one"))
    }
}
