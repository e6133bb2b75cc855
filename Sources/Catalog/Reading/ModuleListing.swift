package import MariaDB

/// Lists modules by (dbname, page_id), each by byte order and number.
package struct ModuleListing: Sendable {
    /// The name of the namespace where a wiki's own isn't known.
    static let canonicalNamespace = Array("Module".utf8)

    private let pool: ConnectionPool
    private let filter: ModuleFilter
    private let select: ModuleSelect

    /// Makes a listing; nothing is read yet.
    /// - Parameter columns: names of ``ModuleColumn``, in the order in which they are wanted.
    /// - Throws: ``UnknownColumns``.
    package init(_ pool: ConnectionPool, filter: ModuleFilter, columns: [String]) throws(UnknownColumns) {
        self.pool = pool
        self.filter = filter
        select = ModuleSelect(columns: try ModuleColumn.named(columns))
    }

    /// The modules in batches of at most 500 modules or, with sources, about 4 MB of them.
    ///
    /// Each batch is what the table has when it's fetched; the listing as a whole is no snapshot.
    package var batches: some AsyncSequence<[ListedModule], any Error> & Sendable {
        Batches(start: Position()) { position in try await next(&position) }
    }

    /// Where a listing has got to.
    private struct Position: Sendable {
        /// Wikis that were looked up and not finished yet; the first one is under way.
        var wikis: ArraySlice<ListedWiki> = []
        /// The last wiki that was looked up; `nil` when there are no more.
        var lastWiki: [UInt8]? = []
        /// The last page of the wiki that is under way.
        var pageID: UInt64 = 0
    }

    private func next(_ position: inout Position) async throws -> [ListedModule]? {
        let (start, listing) = (position, self)
        let (modules, end) = try await pool.withConnection { connection in
            try await listing.read(from: start, on: connection)
        }
        position = end
        return modules
    }

    private func read(from start: Position, on connection: Connection) async throws -> ([ListedModule]?, Position) {
        var position = start
        while true {
            guard let wiki = position.wikis.first else {
                guard let last = position.lastWiki else { return (nil, position) }
                let wikis = try await ListedWiki.read(filter, after: last, on: connection)
                position.wikis = wikis[...]
                position.lastWiki = wikis.last?.dbname
                continue
            }
            var conditions = filter.conditions
            conditions.insert(("m.dbname = ? AND m.page_id > ?", [.bytes(wiki.dbname), .uint(position.pageID)]), at: 0)
            let found = try await select.read(
                "\(conditions.map(\.sql).joined(separator: " AND ")) ORDER BY m.page_id LIMIT \(select.rowLimit)",
                conditions.flatMap(\.values),
                of: wiki,
                on: connection
            )
            if let found {
                position.pageID = found.last
                return (found.modules, position)
            }
            position.wikis.removeFirst()
            position.pageID = 0
        }
    }
}

/// A wiki, as far as a listing of its modules needs it.
struct ListedWiki: Sendable {
    let dbname: [UInt8]
    let namespace: [UInt8]
    let address: WikiAddress
    let license: WikiLicense

    private static let columns = "dbname, url, module_namespace, license, license_url"

    init(_ row: Row) throws {
        dbname = try row.decode("dbname")
        namespace = try row.decode("module_namespace", as: [UInt8]?.self) ?? ModuleListing.canonicalNamespace
        address = WikiAddress(url: try row.decode("url"))
        license = WikiLicense(name: try row.decode("license"), url: try row.decode("license_url"))
    }

    /// The wiki of this name; `nil` when there is none.
    static func named(_ dbname: String, on connection: Connection) async throws -> ListedWiki? {
        try await connection.rows("SELECT \(columns) FROM wikis WHERE dbname = ?", [.name(dbname)]).first
            .map(ListedWiki.init)
    }

    /// The next wikis that the filter lets through, by byte order of their names; none when there are no more.
    static func read(_ filter: ModuleFilter, after last: [UInt8], on connection: Connection) async throws
        -> [ListedWiki]
    {
        var condition = "dbname > ?"
        var values = [Value.bytes(last)]
        if let family = filter.family {
            condition += " AND family = ?"
            values.append(.name(family))
        }
        if filter.wikis.isEmpty { return try await read(condition, values, on: connection) }
        let names = Set(filter.wikis.map { Array($0.utf8) }).filter { last.lexicographicallyPrecedes($0) }
            .sorted { $0.lexicographicallyPrecedes($1) }
        for list in KeyList.lists(of: names.map { .bytes($0) }) {
            let wikis = try await read(
                "\(condition) AND dbname IN (\(list.placeholders))",
                values + list.values,
                on: connection
            )
            if !wikis.isEmpty { return wikis }
        }
        return []
    }

    private static func read(
        _ condition: String,
        _ values: [Value],
        on connection: Connection
    ) async throws -> [ListedWiki] {
        try await connection.rows(
            "SELECT \(columns) FROM wikis WHERE \(condition) ORDER BY dbname LIMIT 500",
            values
        ).map(ListedWiki.init)
    }
}
