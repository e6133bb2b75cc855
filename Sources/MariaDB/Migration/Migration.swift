/// One step of the schema, forward only.
///
/// DDL can't be rolled back, so a migration that fails is gone on with after its last finished statement. A statement may
/// still run a second time, when the connection was lost before it was noted as finished: write it so that this does no
/// harm (`CREATE TABLE IF NOT EXISTS`, `ADD COLUMN IF NOT EXISTS`).
package struct Migration: Sendable, Equatable {
    /// Its place: 1, 2, 3 and so on, without gaps.
    package let number: Int
    /// What it does, in a few words.
    package let name: String
    /// The oldest binary, by the number of the newest migration that it knows, which can work with the schema from when
    /// this migration begins.
    package let oldestBinary: Int
    /// The SQL, one statement each.
    package let statements: [String]

    /// Describes a step. Its statements must never change once it was applied anywhere.
    package init(_ number: Int, _ name: String, oldestBinary: Int, _ statements: [String]) {
        self.number = number
        self.name = name
        self.oldestBinary = oldestBinary
        self.statements = statements
    }
}

/// What a migration still has to do.
package struct PendingMigration: Sendable, Equatable {
    /// The migration.
    package let migration: Migration
    /// How many of its statements are done, from an earlier try that failed.
    package let done: Int

    /// The statements that are still to run, in order.
    package var statements: ArraySlice<String> { migration.statements.dropFirst(done) }
}

/// The schema can't be brought to the state that this program needs.
package struct MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why not.
    package enum Problem: Sendable, Equatable {
        /// The program's own list isn't numbered 1, 2, 3 and so on.
        case badList
        /// The database lacks a migration before one that it has.
        case gap
        /// Statements that were run there are others here.
        case changed(name: String)
        /// The program doesn't know it.
        case unknown(name: String)
        /// Another process held the lock for so long.
        case locked(Duration)
        /// The statement, counted from 1, that failed, and why.
        case failed(name: String, statement: Int, MariaDBError)
    }

    /// The number of the migration.
    package let number: Int
    /// Why not.
    package let problem: Problem

    package var description: String {
        switch problem {
        case .badList:
            "migration \(number) is out of order in the program: they must be numbered 1, 2, 3 and so on"
        case .gap:
            "the database lacks migration \(number) but has later ones: restore schema_migrations, or the database"
        case .changed(let name):
            "migration \(number) (\(name)) was run with other statements: use the version of the program that ran it"
        case .unknown(let name):
            "the database has migration \(number) (\(name)), which this version doesn't know: install a newer version"
        case .locked(let wait):
            "another process migrates this database and didn't finish within \(wait): try again later"
        case .failed(let name, let statement, let error):
            "statement \(statement) of migration \(number) (\(name)) failed; the next try goes on with it: \(error)"
        }
    }
}
