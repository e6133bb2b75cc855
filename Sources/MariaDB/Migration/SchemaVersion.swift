/// The state of a database's schema, as far as a binary has to know it.
package struct SchemaVersion: Sendable, Equatable {
    /// Whether a binary can work with a schema.
    package enum Verdict: Sendable, Equatable, CustomStringConvertible {
        case ok
        /// The schema is at this migration and the binary needs a later one.
        case tooOld(schema: Int, needed: Int)
        /// The schema serves no binary before this one.
        case tooNew(binary: Int, oldest: Int)

        package var description: String {
            switch self {
            case .ok:
                "the schema fits"
            case .tooOld(let schema, let needed):
                "the database is at migration \(schema) and this version needs \(needed): run `perigee migrate`"
            case .tooNew(let binary, let oldest):
                "the database needs a version that knows migration \(oldest), this one knows \(binary): install a newer one"
            }
        }
    }

    /// The last migration that was applied, 0 for none.
    package let number: Int
    /// The oldest binary that can work with it, by the newest migration that it knows.
    package let oldestBinary: Int

    /// Describes a state.
    package init(number: Int, oldestBinary: Int) {
        self.number = number
        self.oldestBinary = oldestBinary
    }

    /// Reads the state from the connection's database. One without `schema_migrations` is at 0.
    /// - Throws: what a ``Connection`` throws.
    package static func read(from connection: Connection) async throws -> SchemaVersion {
        let records = try await records(on: connection)
        return SchemaVersion(
            number: records.last(where: \.isApplied)?.number ?? 0,
            // One that has only begun counts too: it may have changed what older binaries rely on.
            oldestBinary: records.map(\.oldestBinary).max() ?? 0
        )
    }

    /// Whether a binary whose newest migration is `binary` can work with this schema.
    package func check(binary: Int) -> Verdict {
        if oldestBinary > binary { return .tooNew(binary: binary, oldest: oldestBinary) }
        return number < binary ? .tooOld(schema: number, needed: binary) : .ok
    }
}

extension SchemaVersion {
    /// A row of `schema_migrations`.
    struct Record {
        let number: Int
        let name: String
        let checksum: String
        let oldestBinary: Int
        let done: Int
        let isApplied: Bool
    }

    /// All rows, by number; none when there is no table.
    static func records(on connection: Connection) async throws -> [Record] {
        do {
            return try await connection.rows(
                """
                SELECT number, name, checksum, oldest_binary, done, applied_at IS NOT NULL AS applied
                FROM schema_migrations ORDER BY number
                """
            ).map { row in
                Record(
                    number: try row.decode("number"),
                    name: try row.decode("name"),
                    checksum: try row.decode("checksum"),
                    oldestBinary: try row.decode("oldest_binary"),
                    done: try row.decode("done"),
                    isApplied: try row.decode("applied")
                )
            }
        } catch let error as MariaDBError where error.code == 1146 {
            return []
        }
    }
}
