package import MariaDB

extension ModuleTable {
    /// What a row has of the page itself.
    private static let pageColumns = [
        "title", "lastrevid", "revised_at", "content_model", "length", "sha256", "no_source_reason", "is_redirect",
        "redirect_target",
    ]
    private static let upsert = GuardedUpsert.sql(
        table: "modules",
        key: ["dbname", "page_id"],
        observed: ["walk"] + pageColumns,
        firstOnly: ["first_seen_at"],
        cleared: "deleted_at"
    )
    private static let doubtfulUpsert = GuardedUpsert.sql(
        table: "modules",
        key: ["dbname", "page_id"],
        observed: ["walk"],
        firstOnly: pageColumns + ["first_seen_at"],
        cleared: "deleted_at"
    )
    /// Stands in rows that no walk has seen.
    private static let noWalk: UInt64 = 0

    /// Writes what wikis showed: sources, rows and history, in this order and each in the order of its keys.
    ///
    /// Written again, it changes nothing. An older observation never replaces a newer one, only its revision is added
    /// to the history. A page that was marked as deleted is so no more; one that was moved keeps its row.
    /// - Throws: ``SourceTooLarge`` before anything is written; what a `Transaction` throws.
    package static func write(_ rows: [ModuleRow], in transaction: Transaction) async throws -> ModuleWriteCounts {
        let rows = rows.sorted(by: ModuleRow.keyOrder)
        let (hashes, sources) = try hashed(rows)
        guard !rows.isEmpty else { return ModuleWriteCounts() }
        var counts = try await count(rows, hashes, in: transaction)
        counts.newSources = try await ModuleSource.write(sources, in: transaction)
        try await writeRows(rows, hashes, by: upsert, in: transaction)
        try await writeHistory(zip(rows, hashes).filter { $0.0.isHistory }, in: transaction)
        return counts
    }

    /// Notes pages that are known from a list and weren't there when they were asked for.
    ///
    /// A row that is there keeps what it has of the page, but not a mark as deleted; else there is a new one, without a
    /// source. Neither counts as seen by any walk, so that ``unseen(_:walk:after:limit:)`` has them.
    /// - Throws: what a `Transaction` throws.
    package static func writeDoubtful(
        _ rows: [ModuleRow],
        in transaction: Transaction
    ) async throws -> ModuleWriteCounts {
        var counts = ModuleWriteCounts()
        guard !rows.isEmpty else { return counts }
        let rows = rows.sorted(by: ModuleRow.keyOrder).map { row in
            var row = row
            row.walk = noWalk
            return row
        }
        let hashes = rows.map { _ in [UInt8]?.none }
        counts.new = try await count(rows, hashes, in: transaction).new
        try await writeRows(rows, hashes, by: doubtfulUpsert, in: transaction)
        return counts
    }

    /// The hash of each row's source, and each source once.
    private static func hashed(_ rows: [ModuleRow]) throws(SourceTooLarge) -> ([[UInt8]?], [ModuleSource]) {
        var hashes: [[UInt8]?] = []
        var sources: [[UInt8]: ModuleSource] = [:]
        for row in rows {
            guard case .source(let text) = row.content else {
                hashes.append(nil)
                continue
            }
            guard text.count <= ModuleRow.sourceLimit else {
                throw SourceTooLarge(dbname: row.dbname, pageID: row.pageID, bytes: text.count)
            }
            var source = ModuleSource(text, seenAt: row.observedAt)
            if let other = sources[source.sha256] { source.seenAt = min(source.seenAt, other.seenAt) }
            sources[source.sha256] = source
            hashes.append(source.sha256)
        }
        return (hashes, Array(sources.values))
    }

    private static func count(
        _ rows: [ModuleRow],
        _ hashes: [[UInt8]?],
        in transaction: Transaction
    ) async throws -> ModuleWriteCounts {
        var counts = ModuleWriteCounts()
        for group in Dictionary(grouping: zip(rows, hashes), by: { Array($0.0.dbname.utf8) }).values {
            guard let dbname = group.first?.0.dbname else { continue }
            let stored = try await StoredModule.read(dbname, group.map { $0.0.pageID }) {
                try await transaction.rows($0, $1)
            }
            for (row, hash) in group { counts.add(row, hash, over: stored[row.pageID]) }
        }
        return counts
    }

    private static func writeRows(
        _ rows: [ModuleRow],
        _ hashes: [[UInt8]?],
        by upsert: String,
        in transaction: Transaction
    ) async throws {
        try await transaction.executeBulk(
            upsert,
            [
                .bytes(rows.map { Array($0.dbname.utf8) }), .uints(rows.map(\.pageID)), .uints(rows.map(\.walk)),
                .bytes(rows.map(\.title)), .uints(rows.map(\.lastRevisionID)), .timestamps(rows.map(\.revisedAt)),
                .bytes(rows.map { Array($0.contentModel.utf8) }), .uints(rows.map { UInt64(clamping: $0.length) }),
                .bytes(hashes), .bytes(rows.map { $0.reason.map { Array($0.rawValue.utf8) } }),
                .uints(rows.map { $0.isRedirect ? 1 : 0 }), .bytes(rows.map(\.storedTarget)),
                .timestamps(rows.map(\.observedAt)), .timestamps(rows.map(\.observedAt)),
            ]
        )
    }

    /// A revision is there once, whoever saw it first; a text that was hidden then is filled in when it's shown.
    private static func writeHistory(
        _ revisions: [(row: ModuleRow, hash: [UInt8]?)],
        in transaction: Transaction
    ) async throws {
        guard !revisions.isEmpty else { return }
        try await transaction.executeBulk(
            """
            INSERT INTO module_history (dbname, page_id, revid, sha256, revised_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)
            ON DUPLICATE KEY UPDATE sha256 = COALESCE(sha256, VALUES(sha256)),
                revised_at = COALESCE(revised_at, VALUES(revised_at)), seen_at = LEAST(seen_at, VALUES(seen_at))
            """,
            [
                .bytes(revisions.map { Array($0.row.dbname.utf8) }), .uints(revisions.map(\.row.pageID)),
                .uints(revisions.map(\.row.lastRevisionID)), .bytes(revisions.map(\.hash)),
                .timestamps(revisions.map(\.row.revisedAt)), .timestamps(revisions.map(\.row.observedAt)),
            ]
        )
    }
}

extension ModuleRow {
    /// The column `no_source_reason`.
    var reason: NoSourceReason? {
        if case .none(let reason) = content { reason } else { nil }
    }

    /// The column `redirect_target`.
    var storedTarget: [UInt8]? {
        redirectTarget.flatMap { $0.count <= 512 ? $0 : nil }
    }
}

/// A source is over the limit; nothing was written. The row should have come with ``NoSourceReason/tooLarge``.
package struct SourceTooLarge: Error, Sendable, Equatable, CustomStringConvertible {
    /// The wiki.
    package let dbname: String
    /// The page.
    package let pageID: UInt64
    /// The size of its source.
    package let bytes: Int

    package var description: String {
        "page \(pageID) of \(dbname) has a source of \(bytes) bytes, and at most \(ModuleRow.sourceLimit) are stored"
    }
}
