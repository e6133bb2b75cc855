package import MariaDB

/// A row of `module_history` is named by this.
package struct RevisionKey: Sendable, Hashable {
    /// The wiki.
    package let dbname: String
    /// The page.
    package let pageID: UInt64
    /// The revision.
    package let revisionID: UInt64

    /// Names a revision.
    package init(dbname: String, pageID: UInt64, revisionID: UInt64) {
        self.dbname = dbname
        self.pageID = pageID
        self.revisionID = revisionID
    }
}

/// The table `module_history`: the revisions that were seen.
package enum ModuleHistory {
    private static let withdrawing = NoSourceReason.withdrawing.map { "'\($0.rawValue)'" }.sorted()
        .joined(separator: ", ")

    /// A revision is there once, whoever saw it first. A text that was hidden is filled in when it's shown, and one that
    /// is hidden now goes, unless it was seen later than that: `checked_at`, by which that is known, is assigned last.
    private static let upsert = """
        INSERT INTO module_history
            (dbname, page_id, revid, sha256, no_source_reason, revised_at, seen_at, checked_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON DUPLICATE KEY UPDATE
            sha256 = CASE
                WHEN VALUES(checked_at) >= COALESCE(checked_at, seen_at)
                    THEN IF(VALUES(no_source_reason) IN (\(withdrawing)), NULL, COALESCE(sha256, VALUES(sha256)))
                WHEN no_source_reason IN (\(withdrawing)) THEN NULL
                ELSE COALESCE(sha256, VALUES(sha256)) END,
            no_source_reason = CASE
                WHEN sha256 IS NOT NULL THEN NULL
                WHEN VALUES(checked_at) >= COALESCE(checked_at, seen_at)
                    THEN COALESCE(VALUES(no_source_reason), no_source_reason)
                ELSE COALESCE(no_source_reason, VALUES(no_source_reason)) END,
            revised_at = COALESCE(revised_at, VALUES(revised_at)),
            checked_at = GREATEST(COALESCE(checked_at, seen_at), VALUES(checked_at)),
            seen_at = LEAST(seen_at, VALUES(seen_at))
        """

    /// Writes revisions, in the order of their keys.
    static func write(_ revisions: [(row: ModuleRow, text: RowText)], in transaction: Transaction) async throws {
        guard !revisions.isEmpty else { return }
        let times = Column.timestamps(revisions.map(\.row.observedAt))
        try await transaction.executeBulk(
            upsert,
            [
                .bytes(revisions.map { Array($0.row.dbname.utf8) }), .uints(revisions.map(\.row.pageID)),
                .uints(revisions.map(\.row.lastRevisionID)), .bytes(revisions.map(\.text.sha256)),
                .bytes(revisions.map(\.text.reason?.bytes)), .timestamps(revisions.map(\.row.revisedAt)), times, times,
            ]
        )
    }

    /// The hashes of the sources that revisions have.
    static func sources(of revisions: [RevisionKey], in transaction: Transaction) async throws -> Set<[UInt8]> {
        var hashes: Set<[UInt8]> = []
        for revision in revisions {
            let rows = try await transaction.rows(
                "SELECT sha256 FROM module_history WHERE dbname = ? AND page_id = ? AND revid = ?",
                [.name(revision.dbname), .uint(revision.pageID), .uint(revision.revisionID)]
            )
            for row in rows { if let hash = try row.decode("sha256", as: [UInt8]?.self) { hashes.insert(hash) } }
        }
        return hashes
    }

    /// The earlier revisions of a wiki's pages whose text is here and of which the wiki hasn't said for long that it still
    /// shows them, those first of which it is longest ago. Of the newest revision of a page a walk hears by itself.
    /// - Parameters:
    ///   - time: by the wiki's clock: only those that were seen or looked at before it.
    ///   - limit: how many, at most.
    /// - Throws: what a `ConnectionPool` throws.
    package static func unchecked(
        _ dbname: String,
        before time: Timestamp,
        limit: Int,
        from pool: ConnectionPool
    ) async throws -> [RevisionKey] {
        try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT h.page_id, h.revid FROM module_history AS h JOIN modules AS m USING (dbname, page_id)
                WHERE h.dbname = ? AND (h.checked_at < ? OR h.checked_at IS NULL) AND h.sha256 IS NOT NULL
                    AND m.deleted_at IS NULL AND m.lastrevid <> h.revid
                ORDER BY h.checked_at LIMIT ?
                """,
                [.name(dbname), .datetime(time), .int(Int64(limit))],
                limit: limit
            ).map {
                RevisionKey(dbname: dbname, pageID: try $0.decode("page_id"), revisionID: try $0.decode("revid"))
            }
        }
    }

    /// Notes what a wiki says of revisions: that it shows their text (`nil`), or why not, by which the text goes.
    /// - Returns: how many have lost their text.
    /// - Throws: what a `Transaction` throws.
    package static func note(
        _ findings: [(revision: RevisionKey, reason: NoSourceReason?)],
        at observedAt: Timestamp,
        in transaction: Transaction
    ) async throws -> Int {
        let findings = findings.sorted {
            ($0.revision.pageID, $0.revision.revisionID) < ($1.revision.pageID, $1.revision.revisionID)
        }
        let hidden = findings.filter { $0.reason != nil }
        let unlinked = try await sources(of: hidden.map(\.revision), in: transaction)
        try await transaction.executeBulk(
            """
            UPDATE module_history SET
                sha256 = IF(? IS NULL, sha256, NULL),
                no_source_reason = IF(sha256 IS NULL, COALESCE(?, no_source_reason), NULL), checked_at = ?
            WHERE dbname = ? AND page_id = ? AND revid = ? AND COALESCE(checked_at, seen_at) <= ?
            """,
            [
                .bytes(findings.map(\.reason?.bytes)), .bytes(findings.map(\.reason?.bytes)),
                .timestamps(findings.map { _ in observedAt }), .bytes(findings.map { Array($0.revision.dbname.utf8) }),
                .uints(findings.map(\.revision.pageID)), .uints(findings.map(\.revision.revisionID)),
                .timestamps(findings.map { _ in observedAt }),
            ]
        )
        try await SourceSweep.note(unlinked, in: transaction)
        return hidden.count
    }
}
