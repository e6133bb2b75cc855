import Concurrency
package import Logging

/// Brings a database's schema forward by numbered migrations, of which it keeps a list in the table `schema_migrations`.
///
/// For each migration the table has the number of finished statements and the SHA-256 of their text: of all of them once it
/// is applied, so that a later change of its SQL is noticed; of the first ones when it failed, so that the failed statement
/// can be put right and the migration gone on with.
package struct Migrator: Sendable {
    private let migrations: [Migration]
    private let settings: ConnectionSettings
    private let lockWait: Duration
    private let logger: Logger

    /// Makes a migrator; nothing is done yet.
    /// - Parameters:
    ///   - migrations: all that the program knows, numbered from 1.
    ///   - settings: the database. The time limits of its statements don't hold here.
    ///   - lockWait: how long to wait for another migrator of the same database.
    /// - Throws: ``MigrationError``.
    package init(
        _ migrations: [Migration],
        settings: ConnectionSettings,
        lockWait: Duration = .seconds(60),
        logger: Logger
    ) throws {
        for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
            throw MigrationError(number: migration.number, problem: .badList)
        }
        self.migrations = migrations
        var settings = settings
        // Changing a large table takes its time.
        settings.readTimeout = .seconds(24 * 3600)
        settings.statementTimeout = nil
        settings.lockWaitTimeout = max(settings.lockWaitTimeout, .seconds(60))
        self.settings = settings
        self.lockWait = lockWait
        self.logger = logger
    }

    /// What ``apply()`` would do, without doing it.
    /// - Throws: ``MigrationError``; what a ``Connection`` throws.
    package func plan() async throws -> [PendingMigration] {
        let connection = try await Connection.open(settings)
        let plan = try await pending(on: connection)
        await connection.close()
        return plan
    }

    /// Runs the migrations that the database lacks, up to and with `number`, or all.
    /// - Returns: what was done.
    /// - Throws: ``MigrationError``; what a ``Connection`` throws.
    package func apply(to number: Int = .max) async throws -> [PendingMigration] {
        let connection = try await Connection.open(settings)
        try await lock(on: connection)
        try await connection.execute(Self.table)
        // Under the lock, so that what another process has just done isn't done again.
        let plan = try await pending(on: connection).filter { $0.migration.number <= number }
        for step in plan { try await run(step, on: connection) }
        // Closing gives up the lock, here and after an error.
        await connection.close()
        return plan
    }

    private func lock(on connection: Connection) async throws {
        let rows = try await connection.rows(
            "SELECT GET_LOCK(CONCAT('schema_migrations.', SHA1(DATABASE())), ?) AS locked",
            [.int(lockWait.components.seconds)]
        )
        guard try rows.first?.decode("locked", as: Int?.self) == 1 else {
            throw MigrationError(number: migrations.count, problem: .locked(lockWait))
        }
    }

    private func run(_ step: PendingMigration, on connection: Connection) async throws {
        let migration = step.migration
        logger.info("migration starts", metadata: [LogKey.migration: "\(migration.number) \(migration.name)"])
        if step.done == 0 {
            try await connection.execute(
                """
                INSERT INTO schema_migrations (number, name, checksum, oldest_binary, done, started_at)
                VALUES (?, ?, SHA2('', 256), ?, 0, ?)
                ON DUPLICATE KEY UPDATE name = VALUES(name), oldest_binary = VALUES(oldest_binary)
                """,
                [
                    .int(Int64(migration.number)), .string(migration.name), .int(Int64(migration.oldestBinary)),
                    .datetime(.now),
                ]
            )
        }
        for done in step.done..<migration.statements.count {
            do {
                try await connection.executeText(migration.statements[done])
            } catch let error as MariaDBError {
                throw MigrationError(
                    number: migration.number,
                    problem: .failed(name: migration.name, statement: done + 1, error)
                )
            }
            try await connection.execute(
                "UPDATE schema_migrations SET done = ?, checksum = SHA2(?, 256) WHERE number = ?",
                [
                    .int(Int64(done + 1)), .bytes(Self.text(migration.statements.prefix(done + 1))),
                    .int(Int64(migration.number)),
                ]
            )
        }
        try await connection.execute(
            "UPDATE schema_migrations SET applied_at = ?, oldest_binary = ? WHERE number = ?",
            [.datetime(.now), .int(Int64(migration.oldestBinary)), .int(Int64(migration.number))]
        )
        logger.info("migration is done", metadata: [LogKey.migration: "\(migration.number) \(migration.name)"])
    }

    private func pending(on connection: Connection) async throws -> [PendingMigration] {
        var applied = Set<Int>()
        var started: [Int: Int] = [:]
        for record in try await SchemaVersion.records(on: connection) {
            guard migrations.indices.contains(record.number - 1) else {
                throw MigrationError(number: record.number, problem: .unknown(name: record.name))
            }
            let migration = migrations[record.number - 1]
            let checksum = try await checksum(migration.statements.prefix(record.done), on: connection)
            let isWhole = record.done == migration.statements.count
            guard checksum == record.checksum,
                isWhole || (!record.isApplied && record.done < migration.statements.count)
            else { throw MigrationError(number: record.number, problem: .changed(name: record.name)) }
            if record.isApplied { applied.insert(record.number) } else { started[record.number] = record.done }
        }
        let known = applied.union(started.keys)
        if let last = known.max(), let missing = (1...last).first(where: { !known.contains($0) }) {
            throw MigrationError(number: missing, problem: .gap)
        }
        return migrations.filter { !applied.contains($0.number) }
            .map { PendingMigration(migration: $0, done: started[$0.number] ?? 0) }
    }

    private func checksum(_ statements: ArraySlice<String>, on connection: Connection) async throws -> String {
        let rows = try await connection.rows("SELECT SHA2(?, 256) AS checksum", [.bytes(Self.text(statements))])
        return try rows.first?.decode("checksum") ?? ""
    }

    /// The statements with their lengths, so that no two lists have the same text.
    private static func text(_ statements: ArraySlice<String>) -> [UInt8] {
        statements.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number INT UNSIGNED NOT NULL PRIMARY KEY,
            name VARBINARY(255) NOT NULL,
            checksum VARBINARY(64) NOT NULL COMMENT 'SHA-256 of the finished statements',
            oldest_binary INT UNSIGNED NOT NULL COMMENT 'newest migration that the oldest usable binary knows',
            done INT UNSIGNED NOT NULL COMMENT 'number of finished statements',
            started_at DATETIME(6) NOT NULL,
            applied_at DATETIME(6) NULL COMMENT 'NULL until all statements are finished'
        ) ENGINE=InnoDB
        """
}
