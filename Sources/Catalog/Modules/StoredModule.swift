package import MariaDB

/// What the table `modules` has about a page, as far as it decides what is to be fetched.
package struct StoredModule: Sendable, Equatable {
    /// The revision that was seen last.
    package let lastRevisionID: UInt64
    /// As `page_title`.
    package let title: [UInt8]
    /// Such as `Scribunto`.
    package let contentModel: String
    /// Bytes, as the wiki has stored the page.
    package let length: Int
    /// Whether the wiki takes it for a redirect.
    package let isRedirect: Bool
    /// The full title of the redirect's target.
    package let redirectTarget: [UInt8]?
    /// The hash of the source; `nil` when there is none.
    package let sha256: [UInt8]?
    /// Why there is no source; `nil` when there is one.
    package let reason: NoSourceReason?
    /// Whether it was purged, and that was undone since.
    package let isUnpurged: Bool
    /// When that was observed, by the wiki's clock.
    package let observedAt: Timestamp
    /// When the page was found to be gone; `nil` for one that is there.
    package let deletedAt: Timestamp?
}

extension StoredModule {
    /// The rows of these pages, by page id. `read` runs a query.
    static func read(
        _ dbname: String,
        _ pageIDs: [UInt64],
        by read: (String, [Value]) async throws -> [Row]
    ) async throws -> [UInt64: StoredModule] {
        var modules: [UInt64: StoredModule] = [:]
        for list in KeyList.lists(of: pageIDs.map { .uint($0) }) {
            let rows = try await read(
                """
                SELECT page_id, lastrevid, title, content_model, length, is_redirect, redirect_target, sha256,
                    no_source_reason, observed_at, deleted_at,
                    (purged_sha256 IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM purged_sources AS p WHERE p.sha256 = purged_sha256)) AS is_unpurged
                FROM modules WHERE dbname = ? AND page_id IN (\(list.placeholders))
                """,
                [.name(dbname)] + list.values
            )
            for row in rows { modules[try row.decode("page_id")] = try StoredModule(row) }
        }
        return modules
    }

    private init(_ row: Row) throws {
        lastRevisionID = try row.decode("lastrevid")
        title = try row.decode("title")
        contentModel = try row.decode("content_model")
        length = try row.decode("length")
        isRedirect = try row.decode("is_redirect")
        redirectTarget = try row.decode("redirect_target")
        sha256 = try row.decode("sha256")
        reason = try row.decode("no_source_reason", as: String?.self).map(NoSourceReason.init)
        isUnpurged = try row.decode("is_unpurged")
        observedAt = try row.decode("observed_at")
        deletedAt = try row.decode("deleted_at")
    }
}
