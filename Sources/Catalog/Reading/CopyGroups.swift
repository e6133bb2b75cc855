package import MariaDB

/// Modules that have the same source, byte for byte.
package struct CopyGroup: Sendable, Equatable {
    /// The hash of the source, in hexadecimal digits.
    package let sha256: String
    /// The size of the source in bytes.
    package let length: Int
    /// How many pages have it now.
    package let copies: Int
    /// On how many wikis they are.
    package let wikis: Int
    /// The most frequent of their titles, at most three, the most frequent first.
    package let titles: [[UInt8]]
}

/// Finds what was copied most.
package enum CopyGroups {
    /// The groups with the most pages, at least two each; the largest first.
    /// - Parameter limit: how many, at most 1000.
    /// - Throws: what a `ConnectionPool` throws.
    package static func largest(_ limit: Int, from pool: ConnectionPool) async throws -> [CopyGroup] {
        try await pool.withConnection { connection in
            let rows = try await connection.rows(
                """
                SELECT g.sha256, s.length, g.copies, g.wikis FROM (
                    SELECT sha256, COUNT(*) AS copies, COUNT(DISTINCT dbname) AS wikis FROM modules
                    WHERE sha256 IS NOT NULL AND deleted_at IS NULL
                    GROUP BY sha256 HAVING copies > 1 ORDER BY copies DESC, sha256 LIMIT ?
                ) AS g JOIN module_sources AS s ON s.sha256 = g.sha256 ORDER BY g.copies DESC, g.sha256
                """,
                [.int(Int64(min(max(limit, 0), 1000)))]
            )
            var groups: [CopyGroup] = []
            for row in rows { groups.append(try await group(row, on: connection)) }
            return groups
        }
    }

    private static func group(_ row: Row, on connection: Connection) async throws -> CopyGroup {
        let hash: [UInt8] = try row.decode("sha256")
        let titles = try await connection.rows(
            """
            SELECT title FROM modules WHERE sha256 = ? AND deleted_at IS NULL
            GROUP BY title ORDER BY COUNT(*) DESC, title LIMIT 3
            """,
            [.bytes(hash)]
        )
        return CopyGroup(
            sha256: hash.hexadecimal,
            length: try row.decode("length"),
            copies: try row.decode("copies"),
            wikis: try row.decode("wikis"),
            titles: try titles.map { try $0.decode("title") }
        )
    }
}
