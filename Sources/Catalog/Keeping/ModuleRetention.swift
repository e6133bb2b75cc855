package import MariaDB

/// What is kept of modules only for a time. Each step changes a bounded number of rows in one transaction, in the order of
/// their keys, and leaves the sources that lose a reference to ``SourceSweep``.
package enum ModuleRetention {
    /// What a step came to.
    package struct Step: Sendable, Equatable {
        /// How many rows were changed or removed.
        package var rows = 0
        /// Whether there may be more.
        package var more = false

        /// Makes a step.
        package init(rows: Int = 0, more: Bool = false) {
            self.rows = rows
            self.more = more
        }
    }

    private static let hasText = """
        (m.sha256 IS NOT NULL OR EXISTS (SELECT 1 FROM module_history AS h
            WHERE h.dbname = m.dbname AND h.page_id = m.page_id AND h.sha256 IS NOT NULL))
        """

    /// Takes the texts, with those of earlier revisions, from pages that are gone. Their rows stay, and say so.
    /// - Parameters:
    ///   - time: the pages that were found to be gone before it.
    ///   - limit: so many pages at most.
    /// - Throws: what a `Transaction` throws.
    package static func dropTexts(
        ofPagesGoneBefore time: Timestamp,
        limit: Int,
        in transaction: Transaction
    ) async throws -> Step {
        let pages = try await gonePages(before: time, "AND \(hasText)", limit: limit, in: transaction)
        var unlinked: Set<[UInt8]> = []
        var step = Step(rows: 0, more: pages.count >= limit)
        for page in pages {
            // Locked: one that comes back meanwhile keeps its text.
            guard let row = try await lock(page, goneBefore: time, in: transaction) else { continue }
            if let hash = try row.decode("sha256", as: [UInt8]?.self) {
                unlinked.insert(hash)
                try await transaction.execute(
                    "UPDATE modules SET sha256 = NULL, no_source_reason = 'deleted' WHERE dbname = ? AND page_id = ?",
                    page.values
                )
            }
            let hashes = try await transaction.rows(
                "SELECT DISTINCT sha256 FROM module_history WHERE dbname = ? AND page_id = ? AND sha256 IS NOT NULL",
                page.values
            )
            for row in hashes { unlinked.insert(try row.decode("sha256")) }
            try await transaction.execute(
                """
                UPDATE module_history SET sha256 = NULL, no_source_reason = 'deleted'
                WHERE dbname = ? AND page_id = ? AND sha256 IS NOT NULL
                """,
                page.values
            )
            step.rows += 1
        }
        try await SourceSweep.note(unlinked, in: transaction)
        return step
    }

    /// Removes the rows of pages that are gone, with their history.
    /// - Parameters:
    ///   - time: the pages that were found to be gone before it.
    ///   - limit: so many pages, and so many revisions of one page, at most.
    /// - Throws: what a `Transaction` throws.
    package static func removePages(
        goneBefore time: Timestamp,
        limit: Int,
        in transaction: Transaction
    ) async throws -> Step {
        let pages = try await gonePages(before: time, limit: limit, in: transaction)
        var unlinked: Set<[UInt8]> = []
        var step = Step(rows: 0, more: pages.count >= limit)
        for page in pages {
            guard let row = try await lock(page, goneBefore: time, in: transaction) else { continue }
            let revisions = try await transaction.rows(
                "SELECT sha256 FROM module_history WHERE dbname = ? AND page_id = ? ORDER BY revid LIMIT ?",
                page.values + [.int(Int64(limit))]
            )
            for row in revisions { if let hash = try row.decode("sha256", as: [UInt8]?.self) { unlinked.insert(hash) } }
            try await transaction.execute(
                "DELETE FROM module_history WHERE dbname = ? AND page_id = ? ORDER BY revid LIMIT ?",
                page.values + [.int(Int64(limit))]
            )
            guard revisions.count < limit else {
                step.more = true
                break
            }
            if let hash = try row.decode("sha256", as: [UInt8]?.self) { unlinked.insert(hash) }
            try await transaction.execute("DELETE FROM modules WHERE dbname = ? AND page_id = ?", page.values)
            step.rows += 1
        }
        try await SourceSweep.note(unlinked, in: transaction)
        return step
    }

    /// Removes earlier revisions of a wiki's pages from the history.
    /// - Parameters:
    ///   - time: the revisions that were first seen before it.
    ///   - limit: so many, at most.
    /// - Throws: what a `Transaction` throws.
    package static func removeRevisions(
        of dbname: String,
        seenBefore time: Timestamp,
        limit: Int,
        in transaction: Transaction
    ) async throws -> Step {
        let rows = try await transaction.rows(
            """
            SELECT h.page_id, h.revid, h.sha256
            FROM module_history AS h LEFT JOIN modules AS m USING (dbname, page_id)
            WHERE h.dbname = ? AND h.seen_at < ? AND (m.lastrevid IS NULL OR m.lastrevid <> h.revid)
            ORDER BY h.page_id, h.revid LIMIT ?
            """,
            [.name(dbname), .datetime(time), .int(Int64(limit))],
            limit: limit
        )
        try await transaction.executeBulk(
            "DELETE FROM module_history WHERE dbname = ? AND page_id = ? AND revid = ?",
            [
                .names(dbname, rows.count), .uints(try rows.map { try $0.decode("page_id") }),
                .uints(try rows.map { try $0.decode("revid") }),
            ]
        )
        let hashes = try rows.compactMap { try $0.decode("sha256", as: [UInt8]?.self) }
        try await SourceSweep.note(Set(hashes), in: transaction)
        return Step(rows: rows.count, more: rows.count >= limit)
    }

    /// How much ``dropTexts(ofPagesGoneBefore:limit:in:)``, ``removePages(goneBefore:limit:in:)`` and
    /// ``removeRevisions(of:seenBefore:limit:in:)`` would find, and how many sources nothing refers to; `nil` for what is
    /// kept for ever.
    /// - Throws: what a `ConnectionPool` throws.
    package static func count(
        textsBefore: Timestamp?,
        pagesBefore: Timestamp?,
        revisionsBefore: Timestamp?,
        from pool: ConnectionPool
    ) async throws -> (texts: Int, pages: Int, revisions: Int) {
        try await pool.withConnection { connection in
            func count(_ before: Timestamp?, _ sql: String) async throws -> Int {
                guard let before else { return 0 }
                return try await connection.rows(sql, [.datetime(before)]).first?.decode(at: 0) ?? 0
            }
            return (
                try await count(textsBefore, "SELECT COUNT(*) FROM modules AS m WHERE m.deleted_at < ? AND \(hasText)"),
                try await count(pagesBefore, "SELECT COUNT(*) FROM modules AS m WHERE m.deleted_at < ?"),
                try await count(
                    revisionsBefore,
                    """
                    SELECT COUNT(*) FROM module_history AS h LEFT JOIN modules AS m USING (dbname, page_id)
                    WHERE h.seen_at < ? AND (m.lastrevid IS NULL OR m.lastrevid <> h.revid)
                    """
                )
            )
        }
    }

    private struct Page {
        let dbname: [UInt8]
        let pageID: UInt64

        var values: [Value] { [.bytes(dbname), .uint(pageID)] }
    }

    /// Pages that are gone, in the order of their keys.
    private static func gonePages(
        before time: Timestamp,
        _ condition: String = "",
        limit: Int,
        in transaction: Transaction
    ) async throws -> [Page] {
        try await transaction.rows(
            "SELECT m.dbname, m.page_id FROM modules AS m WHERE m.deleted_at < ? \(condition) LIMIT ?",
            [.datetime(time), .int(Int64(limit))],
            limit: limit
        ).map { Page(dbname: try $0.decode("dbname"), pageID: try $0.decode("page_id")) }
            .sorted {
                $0.dbname == $1.dbname
                    ? $0.pageID < $1.pageID : $0.dbname.lexicographicallyPrecedes($1.dbname)
            }
    }

    /// Locks the row of a page that is still gone.
    private static func lock(_ page: Page, goneBefore time: Timestamp, in transaction: Transaction) async throws -> Row?
    {
        try await transaction.rows(
            "SELECT sha256 FROM modules WHERE dbname = ? AND page_id = ? AND deleted_at < ? FOR UPDATE",
            page.values + [.datetime(time)]
        ).first
    }
}
