package import MariaDB

/// One module with everything that is known of it.
package struct ModuleDetail: Sendable {
    /// How a module of a wiki is named.
    package enum Name: Sendable, Equatable {
        /// By the page's number.
        case pageID(UInt64)
        /// By its title, with or without the namespace, spaces or underscores alike. Of several pages that had it one
        /// that is there stands before those that are gone.
        case title([UInt8])
    }

    /// How many revisions are given.
    package static let historyLimit = 1000

    /// All columns, the source too.
    package let fields: ListedModule
    /// The revisions that were seen, newest first, at most ``historyLimit``.
    package let history: [SeenRevision]

    /// Reads a module; `nil` when there is none of this name.
    /// - Throws: what a `ConnectionPool` throws.
    package static func show(_ dbname: String, _ name: Name, from pool: ConnectionPool) async throws -> ModuleDetail? {
        try await pool.withConnection { connection in
            guard let wiki = try await ListedWiki.named(dbname, on: connection),
                let pageID = try await pageID(of: name, in: wiki, on: connection)
            else { return nil }
            let found = try await ModuleSelect(columns: ModuleColumn.allCases).read(
                "m.dbname = ? AND m.page_id = ?",
                [.bytes(wiki.dbname), .uint(pageID)],
                of: wiki,
                on: connection
            )
            guard let fields = found?.modules.first else { return nil }
            return ModuleDetail(fields: fields, history: try await SeenRevision.read(wiki, pageID, on: connection))
        }
    }

    private static func pageID(of name: Name, in wiki: ListedWiki, on connection: Connection) async throws -> UInt64? {
        guard case .title(let title) = name else {
            guard case .pageID(let pageID) = name else { return nil }
            return pageID
        }
        let stored = underscored(title)
        let prefixes = [wiki.namespace, ModuleListing.canonicalNamespace].map { underscored($0) + ":".utf8 }
        let prefix = prefixes.first { stored.starts(with: $0) }
        // A title may itself begin like a namespace, so the whole of it is looked up first.
        for candidate in [stored] + (prefix.map { [Array(stored.dropFirst($0.count))] } ?? []) {
            let rows = try await connection.rows(
                """
                SELECT page_id FROM modules WHERE dbname = ? AND title = ?
                ORDER BY deleted_at IS NOT NULL, observed_at DESC, page_id DESC LIMIT 1
                """,
                [.bytes(wiki.dbname), .bytes(candidate)]
            )
            if let row = rows.first { return try row.decode("page_id") }
        }
        return nil
    }

    private static func underscored(_ title: [UInt8]) -> [UInt8] {
        title.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
    }
}

/// A revision of a module that was its newest one when it was looked at.
package struct SeenRevision: Sendable, Equatable {
    /// Its number.
    package let revisionID: UInt64
    /// The hash of its source; `nil` when there is none.
    package let sha256: [UInt8]?
    /// Why there is no source; `nil` when there is one, and where that isn't known.
    package let reason: NoSourceReason?
    /// When it was made.
    package let revisedAt: Timestamp?
    /// When it was first seen, by the wiki's clock.
    package let seenAt: Timestamp

    static func read(_ wiki: ListedWiki, _ pageID: UInt64, on connection: Connection) async throws -> [SeenRevision] {
        try await connection.rows(
            """
            SELECT revid, sha256, no_source_reason, revised_at, seen_at FROM module_history
            WHERE dbname = ? AND page_id = ? ORDER BY revid DESC LIMIT \(ModuleDetail.historyLimit)
            """,
            [.bytes(wiki.dbname), .uint(pageID)]
        ).map { row in
            SeenRevision(
                revisionID: try row.decode("revid"),
                sha256: try row.decode("sha256"),
                reason: try row.decode("no_source_reason", as: String?.self).map(NoSourceReason.init),
                revisedAt: try row.decode("revised_at"),
                seenAt: try row.decode("seen_at")
            )
        }
    }
}
