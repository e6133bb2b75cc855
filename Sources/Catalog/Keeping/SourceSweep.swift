package import MariaDB

/// Removes sources that no row refers to any more.
///
/// Who is about to refer to a source holds a lock on it until that is committed (`ModuleSource.write`). Here it is locked
/// alone, and only then looked at: what refers to it is committed, or will find it gone and store it again. A source
/// that is locked is passed over, so that nobody is waited for.
package enum SourceSweep {
    private static let isUnreferenced = """
        NOT EXISTS (SELECT 1 FROM modules AS m WHERE m.sha256 = s.sha256)
            AND NOT EXISTS (SELECT 1 FROM module_history AS h WHERE h.sha256 = s.sha256)
        """

    /// Notes sources that have lost a reference, in the transaction in which they have.
    static func note(_ hashes: Set<[UInt8]>, in transaction: Transaction) async throws {
        guard !hashes.isEmpty else { return }
        let hashes = hashes.sorted { $0.lexicographicallyPrecedes($1) }
        try await transaction.executeBulk(
            "INSERT IGNORE INTO unlinked_sources (sha256, since) VALUES (?, UTC_TIMESTAMP(6))",
            [.bytes(hashes)]
        )
    }

    /// What a look at sources came to.
    package struct Step: Sendable, Equatable {
        /// How many were looked at.
        package var looked = 0
        /// How many were removed.
        package var removed = 0

        /// Makes a step.
        package init(looked: Int = 0, removed: Int = 0) {
            self.looked = looked
            self.removed = removed
        }
    }

    /// Looks at some sources that have lost a reference, and removes those that have no other.
    /// - Throws: what a `Transaction` throws.
    package static func removeUnlinked(limit: Int, in transaction: Transaction) async throws -> Step {
        let hashes: [[UInt8]] = try await transaction.rows(
            "SELECT sha256 FROM unlinked_sources ORDER BY sha256 LIMIT ? FOR UPDATE SKIP LOCKED",
            [.int(Int64(limit))],
            limit: limit
        ).map { try $0.decode("sha256") }
        guard !hashes.isEmpty else { return Step() }
        let (removed, passedOver) = try await remove(hashes, in: transaction)
        let done = hashes.filter { !passedOver.contains($0) }
        try await transaction.executeBulk("DELETE FROM unlinked_sources WHERE sha256 = ?", [.bytes(done)])
        return Step(looked: done.count, removed: removed)
    }

    /// Removes those of the sources that nothing refers to.
    /// - Parameter hashes: in order.
    /// - Returns: how many were removed, and which ones somebody is just writing about.
    /// - Throws: what a `Transaction` throws.
    package static func remove(
        _ hashes: [[UInt8]],
        in transaction: Transaction
    ) async throws -> (removed: Int, passedOver: Set<[UInt8]>) {
        var removed = 0
        var passedOver: Set<[UInt8]> = []
        // By the primary key, as those do who write: locks on another index wouldn't meet theirs.
        for list in KeyList.lists(of: hashes.map { .bytes($0) }) {
            func select(_ condition: String) async throws -> Set<[UInt8]> {
                let rows = try await transaction.rows(
                    """
                    SELECT s.sha256 FROM module_sources AS s FORCE INDEX (PRIMARY)
                    WHERE s.sha256 IN (\(list.placeholders)) \(condition)
                    """,
                    list.values
                )
                return Set(try rows.map { try $0.decode("sha256") })
            }
            let locked = try await select("FOR UPDATE SKIP LOCKED")
            // A read without locks sees what was committed until now, which is after the locks were taken.
            passedOver.formUnion(try await select("").subtracting(locked))
            let unreferenced = try await select("AND \(isUnreferenced)").intersection(locked)
                .sorted { $0.lexicographicallyPrecedes($1) }
            try await transaction.executeBulk("DELETE FROM module_sources WHERE sha256 = ?", [.bytes(unreferenced)])
            removed += unreferenced.count
        }
        return (removed, passedOver)
    }

    /// The sources that nothing refers to, as it seems without locks, of the next `limit` sources.
    /// - Parameters:
    ///   - last: where to go on; empty at the beginning.
    ///   - time: only those that were first seen before it.
    /// - Returns: the hashes, in order, and where to go on; `nil` at the end.
    /// - Throws: what a `ConnectionPool` throws.
    package static func unreferenced(
        after last: [UInt8],
        firstSeenBefore time: Timestamp,
        limit: Int,
        from pool: ConnectionPool
    ) async throws -> (hashes: [[UInt8]], last: [UInt8]?) {
        let rows = try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT s.sha256, (s.first_seen_at < ? AND \(isUnreferenced)) AS is_unreferenced
                FROM module_sources AS s WHERE s.sha256 > ? ORDER BY s.sha256 LIMIT ?
                """,
                [.datetime(time), .bytes(last), .int(Int64(limit))],
                limit: limit
            )
        }
        let hashes: [[UInt8]] = try rows.filter { try $0.decode("is_unreferenced") }.map { try $0.decode("sha256") }
        return (hashes, rows.count < limit ? nil : try rows.last?.decode("sha256"))
    }
}
