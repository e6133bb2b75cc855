package import MariaDB

extension ModuleTable {
    /// What a row has of the page itself.
    private static let pageColumns = [
        "title", "lastrevid", "revised_at", "content_model", "length", "sha256", "no_source_reason",
        "purged_sha256", "is_redirect", "redirect_target",
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
    /// to the history. A page that was marked as deleted is so no more; one that was moved keeps its row. A text that was
    /// purged isn't stored, and one that its wiki has hidden is taken from row and history; its source is left for
    /// ``SourceSweep``.
    /// - Throws: ``SourceTooLarge`` before anything is written; what a `Transaction` throws.
    package static func write(_ rows: [ModuleRow], in transaction: Transaction) async throws -> ModuleWriteCounts {
        let rows = rows.sorted(by: ModuleRow.keyOrder)
        let (hashed, sources) = try hashed(rows)
        guard !rows.isEmpty else { return ModuleWriteCounts() }
        let written = try await ModuleSource.write(sources, in: transaction)
        let texts = hashed.map { $0.without(written.purged) }
        let stored = try await stored(rows, in: transaction)
        var counts = count(rows, texts, over: stored)
        counts.newSources = written.new
        try await writeRows(rows, texts, by: upsert, in: transaction)
        let history = zip(rows, texts).filter { $0.0.isHistory }
        let withdrawn = history.filter { $0.1.reason.map(NoSourceReason.withdrawing.contains) ?? false }.map(\.0)
        var unlinked = try await ModuleHistory.sources(of: withdrawn.map(\.revision), in: transaction)
        for row in withdrawn { if let hash = stored[row.pageKey]?.sha256 { unlinked.insert(hash) } }
        try await ModuleHistory.write(history, in: transaction)
        try await SourceSweep.note(unlinked, in: transaction)
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
        let texts = rows.map { RowText(reason: $0.reason) }
        counts.new = count(rows, texts, over: try await stored(rows, in: transaction)).new
        try await writeRows(rows, texts, by: doubtfulUpsert, in: transaction)
        return counts
    }

    /// What is known of each row's text, and each source once.
    private static func hashed(_ rows: [ModuleRow]) throws(SourceTooLarge) -> ([RowText], [ModuleSource]) {
        var texts: [RowText] = []
        var sources: [[UInt8]: ModuleSource] = [:]
        for row in rows {
            guard case .source(let text) = row.content else {
                texts.append(RowText(reason: row.reason))
                continue
            }
            guard text.count <= ModuleRow.sourceLimit else {
                throw SourceTooLarge(dbname: row.dbname, pageID: row.pageID, bytes: text.count)
            }
            var source = ModuleSource(text, seenAt: row.observedAt)
            if let other = sources[source.sha256] { source.seenAt = min(source.seenAt, other.seenAt) }
            sources[source.sha256] = source
            texts.append(RowText(sha256: source.sha256))
        }
        return (texts, Array(sources.values))
    }

    /// What the table has of the rows' pages.
    private static func stored(
        _ rows: [ModuleRow],
        in transaction: Transaction
    ) async throws -> [ModuleRow.PageKey: StoredModule] {
        var found: [ModuleRow.PageKey: StoredModule] = [:]
        for (name, group) in Dictionary(grouping: rows, by: { Array($0.dbname.utf8) }) {
            guard let dbname = group.first?.dbname else { continue }
            let modules = try await StoredModule.read(dbname, group.map(\.pageID)) {
                try await transaction.rows($0, $1)
            }
            for (pageID, module) in modules { found[ModuleRow.PageKey(dbname: name, pageID: pageID)] = module }
        }
        return found
    }

    private static func count(
        _ rows: [ModuleRow],
        _ texts: [RowText],
        over stored: [ModuleRow.PageKey: StoredModule]
    ) -> ModuleWriteCounts {
        var counts = ModuleWriteCounts()
        for (row, text) in zip(rows, texts) { counts.add(row, text, over: stored[row.pageKey]) }
        return counts
    }

    private static func writeRows(
        _ rows: [ModuleRow],
        _ texts: [RowText],
        by upsert: String,
        in transaction: Transaction
    ) async throws {
        try await transaction.executeBulk(
            upsert,
            [
                .bytes(rows.map { Array($0.dbname.utf8) }), .uints(rows.map(\.pageID)), .uints(rows.map(\.walk)),
                .bytes(rows.map(\.title)), .uints(rows.map(\.lastRevisionID)), .timestamps(rows.map(\.revisedAt)),
                .bytes(rows.map { Array($0.contentModel.utf8) }), .uints(rows.map { UInt64(clamping: $0.length) }),
                .bytes(texts.map(\.sha256)), .bytes(texts.map(\.reason?.bytes)), .bytes(texts.map(\.purged)),
                .uints(rows.map { $0.isRedirect ? 1 : 0 }), .bytes(rows.map(\.storedTarget)),
                .timestamps(rows.map(\.observedAt)), .timestamps(rows.map(\.observedAt)),
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

    /// The key of `modules`; names are bytes there.
    struct PageKey: Hashable {
        let dbname: [UInt8]
        let pageID: UInt64
    }

    var pageKey: PageKey { PageKey(dbname: Array(dbname.utf8), pageID: pageID) }

    /// The key of its revision in the history.
    var revision: RevisionKey { RevisionKey(dbname: dbname, pageID: pageID, revisionID: lastRevisionID) }
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
