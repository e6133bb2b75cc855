import Catalog
import Logging
import MariaDB
import PrivateMariaDB

/// A database of its own with the newest schema.
struct TestCatalog {
    let pool: ConnectionPool

    static func make(connections: Int = 4) async throws -> TestCatalog {
        let settings = try await PrivateMariaDB.shared.makeDatabase()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(Schema.migrations, settings: settings, logger: logger).apply()
        return TestCatalog(pool: ConnectionPool(settings: settings, limit: connections, logger: logger))
    }

    /// Runs `body` in a transaction.
    func write<Result>(_ body: (Transaction) async throws -> Result) async throws -> Result {
        try await pool.transaction("test", body)
    }

    /// The rows of a query.
    func rows(_ sql: String, _ values: [Value] = []) async throws -> [Row] {
        try await pool.withConnection { try await $0.rows(sql, values) }
    }

    /// All that the result tables hold.
    func dump() async throws -> [[[Value]]] {
        var tables: [[[Value]]] = []
        for table in ["wikis", "module_sources", "modules", "module_history"] {
            tables.append(try await rows("SELECT * FROM \(table) ORDER BY 1, 2, 3").map(\.values))
        }
        return tables
    }
}

/// A time, so many seconds after the start of the tests' own calendar.
func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: 1_700_000_000_000_000 + seconds * 1_000_000) }
