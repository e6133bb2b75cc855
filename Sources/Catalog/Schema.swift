package import MariaDB

/// The schema that this binary works with.
package enum Schema {
    /// All migrations, in order.
    package static let migrations: [Migration] = [.first, .standby, .pauses, .changes, .keeping]
    /// The number of the newest migration that this binary knows.
    package static let version = migrations.count

    /// Makes sure that this binary can work with the connection's database.
    /// - Throws: ``SchemaError``; what a `Connection` throws.
    package static func check(on connection: Connection) async throws {
        let verdict = try await SchemaVersion.read(from: connection).check(binary: version)
        guard verdict == .ok else { throw SchemaError(verdict: verdict) }
    }

    /// As ``check(on:)``, with a connection of the pool.
    /// - Throws: ``SchemaError``; what a `ConnectionPool` throws.
    package static func check(on pool: ConnectionPool) async throws {
        try await pool.withConnection { try await check(on: $0) }
    }
}

/// The schema of the database and this binary don't go together.
package struct SchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which of the two is too old.
    package let verdict: SchemaVersion.Verdict

    package var description: String { "\(verdict)" }
}
