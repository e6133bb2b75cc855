package import MariaDB

/// What the tables hold, in numbers.
package struct Summary: Sendable, Equatable {
    /// What there is of one wiki.
    package struct Wiki: Sendable, Equatable {
        /// Its database name.
        package let dbname: String
        /// Pages of the namespace of modules that are there.
        package let pages: Int
        /// Of them, those with a Lua source.
        package let modules: Int
        /// How many different sources these have.
        package let sources: Int
        /// The bytes of all pages that are there, as the wiki has stored them.
        package let bytes: Int
        /// Pages that are gone.
        package let deleted: Int
    }

    /// By byte order of their names; wikis of which no page was ever seen aren't among them.
    package let wikis: [Wiki]
    /// How many different sources are stored, those of past revisions too.
    package let sources: Int
    /// Their bytes, not compressed.
    package let sourceBytes: Int

    /// Counts.
    /// - Throws: what a `ConnectionPool` throws.
    package static func read(from pool: ConnectionPool) async throws -> Summary {
        try await pool.withConnection { connection in
            let wikis = try await connection.rows(
                """
                SELECT dbname, SUM(deleted_at IS NULL) AS pages,
                    SUM(deleted_at IS NULL AND sha256 IS NOT NULL) AS modules,
                    COUNT(DISTINCT IF(deleted_at IS NULL, sha256, NULL)) AS sources,
                    SUM(IF(deleted_at IS NULL, length, 0)) AS bytes, SUM(deleted_at IS NOT NULL) AS deleted
                FROM modules GROUP BY dbname ORDER BY dbname
                """,
                limit: WikiLimits.wikis
            )
            let total = try await connection.rows(
                "SELECT COUNT(*) AS sources, CAST(COALESCE(SUM(length), 0) AS UNSIGNED) AS bytes FROM module_sources"
            )
            return Summary(
                wikis: try wikis.map(Wiki.init),
                sources: try total.first?.decode("sources") ?? 0,
                sourceBytes: try total.first?.decode("bytes") ?? 0
            )
        }
    }
}

extension Summary.Wiki {
    fileprivate init(_ row: Row) throws {
        dbname = try row.decode("dbname")
        pages = try row.decode("pages")
        modules = try row.decode("modules")
        sources = try row.decode("sources")
        bytes = try row.decode("bytes")
        deleted = try row.decode("deleted")
    }
}
