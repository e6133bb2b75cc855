import Catalog
import Logging
import MariaDB
import PrivateMariaDB

/// A database of its own with the newest schema.
struct TestCatalog {
    let pool: ConnectionPool
    let settings: ConnectionSettings

    static func make(connections: Int = 4, lockWait: Duration = .seconds(5)) async throws -> TestCatalog {
        var settings = try await PrivateMariaDB.shared.makeDatabase()
        settings.lockWaitTimeout = lockWait
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(Schema.migrations, settings: settings, logger: logger).apply()
        return TestCatalog(
            pool: ConnectionPool(settings: settings, limit: connections, logger: logger),
            settings: settings
        )
    }

    /// Runs `body` in a transaction.
    @discardableResult
    func write<Result>(_ body: (Transaction) async throws -> Result) async throws -> Result {
        try await pool.transaction("test", body)
    }

    /// The rows of a query.
    func rows(_ sql: String, _ values: [Value] = []) async throws -> [Row] {
        try await pool.withConnection { try await $0.rows(sql, values, limit: 100_000) }
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

/// A Lua module of aawiki with what matters to a test.
func module(
    _ pageID: UInt64,
    title: String = "A",
    source: String = "return {}",
    revision: UInt64 = 1,
    at seconds: Int64 = 0,
    walk: UInt64 = 1,
    wiki: String = "aawiki"
) -> ModuleRow {
    ModuleRow(
        dbname: wiki,
        pageID: pageID,
        title: Array(title.utf8),
        lastRevisionID: revision,
        revisedAt: time(-1000),
        contentModel: ModuleRow.scribunto,
        length: source.utf8.count,
        content: .source(Array(source.utf8)),
        observedAt: time(seconds),
        walk: walk
    )
}

extension TestCatalog {
    /// Writes rows in a transaction of their own.
    @discardableResult
    func store(_ rows: [ModuleRow]) async throws -> ModuleWriteCounts {
        try await write { try await ModuleTable.write(rows, in: $0) }
    }

    /// What is stored of one page of aawiki.
    func stored(_ pageID: UInt64) async throws -> StoredModule? {
        try await ModuleTable(pool).stored("aawiki", [pageID])[pageID]
    }

    /// The single number that a query gives.
    func number(_ sql: String) async throws -> Int {
        try await rows(sql).first?.decode(at: 0) ?? -1
    }
}

func writeCounts(
    new: Int = 0,
    changed: Int = 0,
    unchanged: Int = 0,
    stale: Int = 0,
    newSources: Int = 0
) -> ModuleWriteCounts {
    var counts = ModuleWriteCounts()
    (counts.new, counts.changed, counts.unchanged) = (new, changed, unchanged)
    (counts.stale, counts.newSources) = (stale, newSources)
    return counts
}
