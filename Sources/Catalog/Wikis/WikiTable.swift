package import MariaDB

/// Reads the table `wikis`.
package struct WikiTable: Sendable {
    private static let batch = 200

    private let pool: ConnectionPool

    /// Reads by connections of `pool`.
    package init(_ pool: ConnectionPool) { self.pool = pool }

    /// The wikis to gather modules from, by byte order of their names: not private and not vanished.
    /// - Parameters:
    ///   - names: only these, compared byte by byte; those that are unknown are left out. All when it is empty.
    ///   - family: only those of this family; all when it is `nil`.
    /// - Throws: what a `ConnectionPool` throws.
    package func harvestable(named names: [String], family: String?) async throws -> [WikiRecord] {
        var filter = Filter(family: family)
        filter.conditions.append("NOT is_private AND vanished_at IS NULL")
        var records: [WikiRecord] = []
        if names.isEmpty {
            for try await batch in batches(filter) { records += batch }
            return records
        }
        let keys = Set(names.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        for list in KeyList.lists(of: keys.map { .bytes($0) }) {
            var filter = filter
            filter.conditions.append("dbname IN (\(list.placeholders))")
            filter.values += list.values
            records += try await read(filter)
        }
        return records
    }

    /// One wiki; `nil` when there is none of this name.
    /// - Throws: what a `ConnectionPool` throws.
    package func record(_ dbname: String) async throws -> WikiRecord? {
        try await read(Filter(conditions: ["dbname = ?"], values: [.name(dbname)])).first
    }

    /// The wikis in batches, by byte order of their names; private ones too.
    /// - Parameters:
    ///   - family: only those of this family; all when it is `nil`.
    ///   - includingVanished: whether those that their list names no more are among them.
    package func list(
        family: String? = nil,
        includingVanished: Bool
    ) -> some AsyncSequence<[WikiRecord], any Error> & Sendable {
        var filter = Filter(family: family)
        if !includingVanished { filter.conditions.append("vanished_at IS NULL") }
        return batches(filter)
    }

    /// The names of all wikis, vanished and private ones too, by byte order.
    /// - Throws: what a `ConnectionPool` throws.
    package func names() async throws -> [String] {
        try await pool.withConnection { connection in
            try await connection.rows("SELECT dbname FROM wikis ORDER BY dbname", limit: WikiLimits.wikis)
                .map { try $0.decode("dbname") }
        }
    }

    /// The families that the wikis are of, by byte order.
    /// - Throws: what a `ConnectionPool` throws.
    package func families() async throws -> [String] {
        try await pool.withConnection { connection in
            try await connection.rows("SELECT DISTINCT family FROM wikis ORDER BY family", limit: WikiLimits.wikis)
                .map { try $0.decode("family") }
        }
    }

    /// The sites that the wikis are of, by byte order.
    /// - Throws: what a `ConnectionPool` throws.
    package func sites() async throws -> [String] {
        try await pool.withConnection { connection in
            try await connection.rows("SELECT DISTINCT site FROM wikis ORDER BY site", limit: WikiLimits.wikis)
                .map { try $0.decode("site") }
        }
    }

    private struct Filter: Sendable {
        var conditions: [String] = []
        var values: [Value] = []

        init(conditions: [String] = [], values: [Value] = []) {
            self.conditions = conditions
            self.values = values
        }

        init(family: String?) {
            guard let family else { return }
            conditions = ["family = ?"]
            values = [.name(family)]
        }
    }

    private func read(_ filter: Filter, end: String = "ORDER BY dbname") async throws -> [WikiRecord] {
        let sql = "\(WikiRecord.select) WHERE \(filter.conditions.joined(separator: " AND ")) \(end)"
        return try await pool.withConnection { connection in
            try await connection.rows(sql, filter.values).map(WikiRecord.init)
        }
    }

    private func batches(_ filter: Filter) -> Batches<String?, WikiRecord> {
        Batches(start: "") { last in
            guard let after = last else { return nil }
            var filter = filter
            filter.conditions.append("dbname > ?")
            filter.values.append(.name(after))
            let records = try await read(filter, end: "ORDER BY dbname LIMIT \(Self.batch)")
            last = records.count < Self.batch ? nil : records.last?.dbname
            return records
        }
    }
}
