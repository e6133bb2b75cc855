import MariaDB

/// Reads modules of one wiki with the columns that were asked for.
struct ModuleSelect: Sendable {
    /// A page of rows is cut where its sources have so many bytes together.
    private static let byteLimit = 4 << 20

    let columns: [ModuleColumn]

    /// How many rows to ask for at a time. Those that are cut off are read again, so with sources they are few.
    var rowLimit: Int { columns.contains(.source) ? 50 : 500 }

    /// Reads modules, by page id: as many as `sql` gives, or fewer where their sources are large, but at least one.
    /// - Parameters:
    ///   - conditions: what follows WHERE.
    ///   - wiki: whose modules they are.
    /// - Returns: the modules, and the page id of the last one; `nil` when there is none.
    func read(
        _ conditions: String,
        _ values: [Value],
        of wiki: ListedWiki,
        on connection: Connection
    ) async throws -> (modules: [ListedModule], last: UInt64)? {
        let rows = try await connection.rows("\(select) WHERE \(conditions)", values, limit: rowLimit)
        let kept = columns.contains(.source) ? try Self.cut(rows) : rows[...]
        guard let last = kept.last else { return nil }
        let sources = columns.contains(.source) ? try await Self.sources(of: kept, on: connection) : [:]
        return (
            try kept.map { try module($0, of: wiki, sources: sources) }, try last.decode("key_page_id")
        )
    }

    private var select: String {
        // Two columns may have one expression, but not one name.
        var expressions = columns.map { "\($0.expression) AS field_\($0.rawValue)" } + ["m.page_id AS key_page_id"]
        let needsSources = columns.contains(.sha1) || columns.contains(.source)
        if needsSources { expressions += ["m.sha256 AS key_sha256", "s.length AS source_length"] }
        return """
            SELECT \(expressions.joined(separator: ", "))
            FROM modules AS m\(needsSources ? " LEFT JOIN module_sources AS s ON s.sha256 = m.sha256" : "")
            """
    }

    private static func cut(_ rows: [Row]) throws -> ArraySlice<Row> {
        var bytes = 0
        var end = 0
        while end < rows.count {
            bytes += try rows[end].decode("source_length", as: Int?.self) ?? 0
            if end > 0, bytes > byteLimit { break }
            end += 1
        }
        return rows[..<end]
    }

    private static func sources(of rows: ArraySlice<Row>, on connection: Connection) async throws -> [[UInt8]: [UInt8]]
    {
        let hashes = Set(try rows.compactMap { try $0.decode("key_sha256", as: [UInt8]?.self) })
        var sources: [[UInt8]: [UInt8]] = [:]
        for list in KeyList.lists(of: hashes.map { .bytes($0) }) {
            let found = try await connection.rows(
                "SELECT sha256, source FROM module_sources WHERE sha256 IN (\(list.placeholders))",
                list.values
            )
            for row in found { sources[try row.decode("sha256")] = try row.decode("source") }
        }
        return sources
    }

    private func module(_ row: Row, of wiki: ListedWiki, sources: [[UInt8]: [UInt8]]) throws -> ListedModule {
        try zip(columns, row.values).map { column, value in
            var value = value
            if column == .source, case .bytes(let hash) = value { value = sources[hash].map { .bytes($0) } ?? .null }
            return (column.rawValue, try column.field(value, of: wiki))
        }
    }
}
