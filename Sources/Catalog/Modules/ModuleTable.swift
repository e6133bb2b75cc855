package import MariaDB

/// The table `modules`, with the sources and the history that belong to it.
package struct ModuleTable: Sendable {
    private let pool: ConnectionPool

    /// Reads by connections of `pool`. What writes takes the caller's transaction.
    package init(_ pool: ConnectionPool) { self.pool = pool }

    /// What is known of these pages of a wiki, by page id; an unknown one is left out. Ask for 500 at a time.
    /// - Throws: what a `ConnectionPool` throws.
    package func stored(_ dbname: String, _ pageIDs: [UInt64]) async throws -> [UInt64: StoredModule] {
        try await pool.withConnection { connection in
            try await StoredModule.read(dbname, pageIDs) { try await connection.rows($0, $1) }
        }
    }

    /// The pages that aren't marked as deleted and that a walk hasn't seen, by page id.
    /// - Parameters:
    ///   - walk: the walk.
    ///   - pageID: where to go on: only pages after this one. 0 for the first ones.
    ///   - limit: how many, at most.
    /// - Throws: what a `ConnectionPool` throws.
    package func unseen(
        _ dbname: String,
        walk: UInt64,
        after pageID: UInt64,
        limit: Int
    ) async throws -> [UInt64] {
        try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT page_id FROM modules
                WHERE dbname = ? AND page_id > ? AND deleted_at IS NULL AND walk <> ?
                ORDER BY page_id LIMIT ?
                """,
                [.name(dbname), .uint(pageID), .uint(walk), .int(Int64(limit))],
                limit: limit
            ).map { try $0.decode("page_id") }
        }
    }

    /// The pages of these titles that aren't marked as deleted. Ask for 50 titles at a time.
    /// - Throws: what a `ConnectionPool` throws.
    package func pages(_ dbname: String, titled titles: [[UInt8]]) async throws -> [UInt64] {
        var pageIDs: [UInt64] = []
        for list in KeyList.lists(of: titles.map { .bytes($0) }) {
            pageIDs += try await pool.withConnection { connection in
                try await connection.rows(
                    """
                    SELECT page_id FROM modules
                    WHERE dbname = ? AND title IN (\(list.placeholders)) AND deleted_at IS NULL
                    """,
                    [.name(dbname)] + list.values
                ).map { try $0.decode("page_id") }
            }
        }
        return pageIDs
    }

    /// Notes that a walk has seen pages whose rows are right as they are. One that was marked as deleted is so no more.
    /// A row that was observed later stays as it is.
    /// - Throws: what a `Transaction` throws.
    package static func touch(
        _ dbname: String,
        _ pageIDs: [UInt64],
        walk: UInt64,
        observedAt: Timestamp,
        in transaction: Transaction
    ) async throws {
        let pageIDs = pageIDs.sorted()
        let times = Column.timestamps(pageIDs.map { _ in observedAt })
        try await transaction.executeBulk(
            """
            UPDATE modules SET walk = ?, deleted_at = NULL, observed_at = ?
            WHERE dbname = ? AND page_id = ? AND observed_at <= ?
            """,
            [.uints(pageIDs.map { _ in walk }), times, .names(dbname, pageIDs.count), .uints(pageIDs), times]
        )
    }

    /// Notes that pages are gone. One that is known to be gone already keeps the time when that was found; a row that
    /// was observed later stays as it is.
    /// - Returns: how many pages are newly marked.
    /// - Throws: what a `Transaction` throws.
    @discardableResult
    package static func markDeleted(
        _ dbname: String,
        _ pageIDs: [UInt64],
        at observedAt: Timestamp,
        walk: UInt64,
        in transaction: Transaction
    ) async throws -> Int {
        let pageIDs = pageIDs.sorted()
        let known = try await StoredModule.read(dbname, pageIDs) { try await transaction.rows($0, $1) }
        let times = Column.timestamps(pageIDs.map { _ in observedAt })
        try await transaction.executeBulk(
            """
            UPDATE modules SET deleted_at = COALESCE(deleted_at, ?), walk = ?, observed_at = ?
            WHERE dbname = ? AND page_id = ? AND observed_at <= ?
            """,
            [
                times, .uints(pageIDs.map { _ in walk }), times, .names(dbname, pageIDs.count), .uints(pageIDs), times,
            ]
        )
        return known.values.count { $0.deletedAt == nil && $0.observedAt <= observedAt }
    }
}

extension Column {
    /// One name for all rows.
    static func names(_ name: String, _ count: Int) -> Column {
        .bytes(Array(repeating: Array(name.utf8), count: count))
    }
}
