package import MariaDB

/// The table `wiki_changes`: wikis of whose modules a stream has told changes that aren't in the tables yet.
package struct WikiChanges: Sendable {
    private let pool: ConnectionPool

    /// Reads by connections of `pool`. What writes takes the caller's transaction.
    package init(_ pool: ConnectionPool) { self.pool = pool }

    /// What is noted of one wiki. It is another one as soon as there is a further event.
    package struct Hint: Sendable, Equatable, Codable {
        /// When the first of the events was noted, in microseconds since 1970, by the clock of the database.
        package let since: Int64
        /// How many events.
        package let events: UInt64
    }

    /// A wiki whose changes are noted: all that can be read.
    package struct NotedWiki: Sendable, Equatable {
        /// What is known of its namespace of modules.
        package enum Namespace: Sendable, Equatable {
            /// No walk has ended yet.
            case unknown
            case none
            /// The local name, with spaces.
            case named(String)
        }

        /// The wiki's database name.
        package let dbname: String
        package let namespace: Namespace
    }

    /// The wikis whose changes are noted.
    /// - Throws: what a `ConnectionPool` throws.
    package func notedWikis() async throws -> [NotedWiki] {
        try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT dbname, module_namespace, walked_at IS NULL AS is_new FROM wikis WHERE \(Self.isNoted) ORDER BY dbname",
                limit: WikiLimits.wikis
            ).map { row in
                let name: [UInt8]? = try row.decode("module_namespace")
                let text = name.map { String(decoding: $0, as: UTF8.self).replacing("_", with: " ") }
                return NotedWiki(
                    dbname: try row.decode("dbname"),
                    namespace: try row.decode("is_new") ? .unknown : text.map { .named($0) } ?? .none
                )
            }
        }
    }

    /// What is noted of a wiki; `nil` when there is nothing.
    /// - Throws: what a `ConnectionPool` throws.
    package func hint(of dbname: String) async throws -> Hint? {
        let row = try await pool.withConnection { connection in
            try await connection.rows(
                "SELECT first_seen_at, events FROM wiki_changes WHERE dbname = ?",
                [.name(dbname)],
                limit: 1
            ).first
        }
        guard let row else { return nil }
        return Hint(
            since: try row.decode("first_seen_at", as: Timestamp.self).microseconds,
            events: try row.decode("events")
        )
    }

    /// The wikis of which something has been noted for at least `wait`, the earliest first. Those that no walk has seen wait
    /// for one: nobody may want them.
    /// - Throws: what a `ConnectionPool` throws.
    package func due(after wait: Duration, limit: Int) async throws -> [String] {
        try await pool.withConnection { connection in
            try await connection.rows(
                """
                SELECT dbname FROM wiki_changes JOIN wikis USING (dbname)
                WHERE wiki_changes.first_seen_at <= UTC_TIMESTAMP(6) - INTERVAL ? SECOND
                    AND \(Self.isNoted) AND walked_at IS NOT NULL
                ORDER BY wiki_changes.first_seen_at, dbname LIMIT ?
                """,
                [.double(wait / .seconds(1)), .uint(UInt64(limit))],
                limit: limit
            ).map { try $0.decode("dbname") }
        }
    }

    /// Notes events, by wiki.
    /// - Throws: what a `Transaction` throws.
    package static func note(_ events: [String: UInt64], in transaction: Transaction) async throws {
        guard !events.isEmpty else { return }
        let wikis = events.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        try await transaction.executeBulk(
            """
            INSERT INTO wiki_changes (dbname, first_seen_at, events) VALUES (?, UTC_TIMESTAMP(6), ?)
            ON DUPLICATE KEY UPDATE events = events + VALUES(events)
            """,
            [.bytes(wikis.map { Array($0.key.utf8) }), .uints(wikis.map(\.value))]
        )
    }

    /// Notes an event for each wiki: nobody knows what has changed.
    /// - Throws: what a `Transaction` throws.
    package static func noteAll(in transaction: Transaction) async throws {
        let names = try await transaction.rows(
            "SELECT dbname FROM wikis WHERE \(isNoted) ORDER BY dbname",
            limit: WikiLimits.wikis
        )
        let events = try names.map { (try $0.decode("dbname", as: String.self), UInt64(1)) }
        try await note(Dictionary(events, uniquingKeysWith: +), in: transaction)
    }

    /// Forgets what was noted of a wiki, unless something has been added to `hint` since.
    /// - Throws: what a `Transaction` throws.
    package static func forget(_ hint: Hint, of dbname: String, in transaction: Transaction) async throws {
        try await transaction.execute(
            "DELETE FROM wiki_changes WHERE dbname = ? AND first_seen_at = ? AND events = ?",
            [.name(dbname), .datetime(Timestamp(microseconds: hint.since)), .uint(hint.events)]
        )
    }

    private static let isNoted = "NOT is_private AND vanished_at IS NULL"
}
