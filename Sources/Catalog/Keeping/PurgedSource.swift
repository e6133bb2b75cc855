package import MariaDB

/// Texts that an operator has had removed: the table `purged_sources`. They are known by their hash, so that no later walk
/// brings them back.
package enum PurgedSource {
    /// How far a text is spread.
    package struct Spread: Sendable, Equatable {
        /// Pages that have it now.
        package var modules = 0
        /// Wikis that those are on.
        package var wikis = 0
        /// Revisions, of any page, that were seen to have it.
        package var revisions = 0
        /// Whether the text itself is here.
        package var isStored = false
        /// Whether it was purged before.
        package var isPurged = false

        /// All zero.
        package init() {}
    }

    /// Those of the hashes that were purged. Reads without locks.
    static func known(among hashes: [[UInt8]], in transaction: Transaction) async throws -> Set<[UInt8]> {
        var purged: Set<[UInt8]> = []
        for list in KeyList.lists(of: hashes.map { .bytes($0) }) {
            let rows = try await transaction.rows(
                "SELECT sha256 FROM purged_sources WHERE sha256 IN (\(list.placeholders))",
                list.values
            )
            for row in rows { purged.insert(try row.decode("sha256")) }
        }
        return purged
    }

    /// How far the text with this hash is spread.
    /// - Throws: what a `ConnectionPool` throws.
    package static func spread(of sha256: [UInt8], from pool: ConnectionPool) async throws -> Spread {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT (SELECT COUNT(*) FROM modules WHERE sha256 = ?) AS modules,
                    (SELECT COUNT(DISTINCT dbname) FROM modules WHERE sha256 = ?) AS wikis,
                    (SELECT COUNT(*) FROM module_history WHERE sha256 = ?) AS revisions,
                    EXISTS (SELECT 1 FROM module_sources WHERE sha256 = ?) AS is_stored,
                    EXISTS (SELECT 1 FROM purged_sources WHERE sha256 = ?) AS is_purged
                """,
                Array(repeating: .bytes(sha256), count: 5)
            )
        }
        var spread = Spread()
        guard let row = rows.first else { return spread }
        spread.modules = try row.decode("modules")
        spread.wikis = try row.decode("wikis")
        spread.revisions = try row.decode("revisions")
        spread.isStored = try row.decode("is_stored")
        spread.isPurged = try row.decode("is_purged")
        return spread
    }

    /// Remembers texts as purged: from when this is committed on, nobody writes them any more. What is there of them is
    /// taken away by ``take(_:limit:in:)`` after that.
    /// - Throws: what a `Transaction` throws.
    package static func remember(
        _ hashes: [[UInt8]],
        by who: String,
        reason: String,
        in transaction: Transaction
    ) async throws {
        try await transaction.executeBulk(
            """
            INSERT INTO purged_sources (sha256, purged_at, purged_by, reason) VALUES (?, UTC_TIMESTAMP(6), ?, ?)
            ON DUPLICATE KEY UPDATE finished_at = NULL
            """,
            [
                .bytes(hashes.sorted { $0.lexicographicallyPrecedes($1) }), .strings(hashes.map { _ in who }),
                .strings(hashes.map { _ in reason }),
            ]
        )
    }

    /// The purged texts that rows may still have.
    /// - Throws: what a `ConnectionPool` throws.
    package static func unfinished(limit: Int, from pool: ConnectionPool) async throws -> [[UInt8]] {
        try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT sha256 FROM purged_sources WHERE finished_at IS NULL ORDER BY sha256 LIMIT ?",
                [.int(Int64(limit))],
                limit: limit
            ).map { try $0.decode("sha256") }
        }
    }

    /// Takes a purged text from some of the rows that have it, and removes it with the last of them.
    ///
    /// The source is locked first: whoever was about to refer to it when the purge was remembered has committed then, and
    /// whoever comes later finds that it is purged.
    /// - Parameter limit: so many pages and so many revisions, at most.
    /// - Returns: whether nothing of it is left.
    /// - Throws: what a `Transaction` throws.
    package static func take(_ sha256: [UInt8], limit: Int, in transaction: Transaction) async throws -> Bool {
        let purge = try await transaction.rows(
            "SELECT 1 AS there FROM purged_sources WHERE sha256 = ? FOR UPDATE",
            [.bytes(sha256)]
        )
        // It was undone meanwhile.
        guard !purge.isEmpty else { return true }
        _ = try await transaction.rows(
            "SELECT 1 AS there FROM module_sources WHERE sha256 = ? FOR UPDATE",
            [.bytes(sha256)]
        )
        let parameters: [Value] = [.bytes(sha256), .int(Int64(limit))]
        let modules = try await transaction.rows(
            "SELECT dbname, page_id FROM modules WHERE sha256 = ? ORDER BY dbname, page_id LIMIT ?",
            parameters
        )
        let revisions = try await transaction.rows(
            "SELECT dbname, page_id, revid FROM module_history WHERE sha256 = ? ORDER BY dbname, page_id, revid LIMIT ?",
            parameters
        )
        try await transaction.executeBulk(
            """
            UPDATE modules SET sha256 = NULL, no_source_reason = 'purged', purged_sha256 = ?
            WHERE dbname = ? AND page_id = ? AND sha256 = ?
            """,
            [
                .bytes(modules.map { _ in sha256 }), .bytes(try modules.map { try $0.decode("dbname") }),
                .uints(try modules.map { try $0.decode("page_id") }), .bytes(modules.map { _ in sha256 }),
            ]
        )
        try await transaction.executeBulk(
            """
            UPDATE module_history SET sha256 = NULL, no_source_reason = 'purged'
            WHERE dbname = ? AND page_id = ? AND revid = ? AND sha256 = ?
            """,
            [
                .bytes(try revisions.map { try $0.decode("dbname") }),
                .uints(try revisions.map { try $0.decode("page_id") }),
                .uints(try revisions.map { try $0.decode("revid") }), .bytes(revisions.map { _ in sha256 }),
            ]
        )
        guard modules.count < limit, revisions.count < limit else { return false }
        try await transaction.execute("DELETE FROM module_sources WHERE sha256 = ?", [.bytes(sha256)])
        try await transaction.execute(
            "UPDATE purged_sources SET finished_at = UTC_TIMESTAMP(6) WHERE sha256 = ?",
            [.bytes(sha256)]
        )
        return true
    }

    /// Forgets that texts were purged. Pages that have them are fetched again by the next walk; texts of earlier revisions
    /// don't come back.
    /// - Returns: how many were purged.
    /// - Throws: what a `Transaction` throws.
    package static func forget(_ hashes: [[UInt8]], in transaction: Transaction) async throws -> Int {
        let outcome = try await transaction.executeBulk(
            "DELETE FROM purged_sources WHERE sha256 = ?",
            [.bytes(hashes.sorted { $0.lexicographicallyPrecedes($1) })]
        )
        return Int(outcome.affectedRows)
    }
}
