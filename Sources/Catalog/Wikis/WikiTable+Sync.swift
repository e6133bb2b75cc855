package import MariaDB

extension WikiTable {
    private static let upsert = GuardedUpsert.sql(
        table: "wikis",
        key: ["dbname"],
        observed: ["url", "site", "lang", "family", "is_closed", "is_private", "is_fishbowl", "source"],
        firstOnly: ["first_seen_at"],
        cleared: "vanished_at"
    )

    /// Takes over a list of wikis that was made at `time`.
    ///
    /// A wiki that only a list of another kind has named stays as it is; one that a list of the same kind has named and
    /// this one doesn't is marked as vanished. What a later list has said stands. What walks found out isn't touched.
    /// - Parameters:
    ///   - wikis: as ``screen(_:)`` lets them through.
    ///   - unusable: the names of wikis that the list has, but not in a way that can be used: they stay as they are.
    /// - Throws: ``WikiListError`` before anything is changed; what a `Transaction` throws.
    package static func sync(
        _ wikis: [WikiEntry],
        unusable: [String] = [],
        source: WikiSourceName,
        at time: Timestamp,
        in transaction: Transaction
    ) async throws -> WikiSyncCounts {
        let wikis = wikis.sorted { $0.dbname.utf8.lexicographicallyPrecedes($1.dbname.utf8) }
        try check(wikis)
        var counts = WikiSyncCounts()
        // Locked, so that what is counted is what is changed.
        let known = try await known(in: transaction)
        for wiki in wikis { known[Array(wiki.dbname.utf8)].count(wiki, at: time, into: &counts) }
        let named = Set((wikis.map(\.dbname) + unusable).map { Array($0.utf8) })
        let unnamed = known.filter { $0.value.source == source && !named.contains($0.key) }
        for wiki in unnamed.values where wiki.vanishedAt == nil && wiki.observedAt <= time { counts.vanished += 1 }
        try await insert(wikis, source: source, at: time, in: transaction)
        try await vanish(unnamed.keys.sorted { $0.lexicographicallyPrecedes($1) }, at: time, in: transaction)
        return counts
    }

    /// Notes that a complete walk of a wiki's modules has ended. One that began before the noted one changes nothing. It has
    /// seen all changes from before it began.
    /// - Parameters:
    ///   - namespace: the local name of the namespace of modules; `nil` when not known or when there is none.
    ///   - license: under which the wiki says that its texts are.
    ///   - time: when the walk began.
    /// - Throws: what a `Transaction` throws.
    package static func noteWalk(
        of dbname: String,
        namespace: [UInt8]?,
        license: WikiLicense = .unknown,
        result: WikiWalkResult,
        startedAt time: Timestamp,
        in transaction: Transaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE wikis SET module_namespace = ?, license = ?, license_url = ?, walk_result = ?, walked_at = ?,
                changes_until = GREATEST(COALESCE(changes_until, ?), ?)
            WHERE dbname = ? AND (walked_at IS NULL OR walked_at <= ?)
            """,
            [
                namespace.map { .bytes($0) } ?? .null, license.name.map { .string($0) } ?? .null,
                license.url.map { .string($0) } ?? .null, .string(result.rawValue), .datetime(time), .datetime(time),
                .datetime(time), .name(dbname), .datetime(time),
            ]
        )
    }

    /// Notes that what has changed in a wiki's modules before `time` is in the tables. An earlier time changes nothing.
    /// - Throws: what a `Transaction` throws.
    package static func noteChanges(
        of dbname: String,
        until time: Timestamp,
        in transaction: Transaction
    ) async throws {
        try await transaction.execute(
            "UPDATE wikis SET changes_until = ? WHERE dbname = ? AND changes_until <= ?",
            [.datetime(time), .name(dbname), .datetime(time)]
        )
    }

    /// Splits a list into the entries that the table takes, of each wiki the first, and what is wrong with the others.
    package static func screen(_ wikis: [WikiEntry]) -> (usable: [WikiEntry], problems: [WikiListError.Problem]) {
        var usable: [WikiEntry] = []
        var problems: [WikiListError.Problem] = []
        var names: Set<[UInt8]> = []
        for wiki in wikis {
            if let field = WikiLimits.fields.first(where: { !(1...$0.bytes).contains($0.value(wiki).utf8.count) }) {
                problems.append(.badField(wiki: wiki.dbname, name: field.name, limit: field.bytes))
            } else if !names.insert(Array(wiki.dbname.utf8)).inserted {
                problems.append(.duplicate(wiki: wiki.dbname))
            } else {
                usable.append(wiki)
            }
        }
        return (usable, problems)
    }

    private static func check(_ wikis: [WikiEntry]) throws(WikiListError) {
        if wikis.isEmpty { throw WikiListError(problem: .empty) }
        if let problem = screen(wikis).problems.first { throw WikiListError(problem: problem) }
    }

    private static func known(in transaction: Transaction) async throws -> [[UInt8]: KnownWiki] {
        let rows = try await transaction.rows(
            "SELECT \(WikiEntry.columns), source, observed_at, vanished_at FROM wikis ORDER BY dbname FOR UPDATE",
            limit: WikiLimits.wikis
        )
        return Dictionary(
            try rows.map { (try $0.decode("dbname"), try KnownWiki($0)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func insert(
        _ wikis: [WikiEntry],
        source: WikiSourceName,
        at time: Timestamp,
        in transaction: Transaction
    ) async throws {
        func bytes(_ field: (WikiEntry) -> String) -> Column { .bytes(wikis.map { Array(field($0).utf8) }) }
        func flags(_ field: (WikiEntry) -> Bool) -> Column { .uints(wikis.map { field($0) ? 1 : 0 }) }
        try await transaction.executeBulk(
            upsert,
            [
                bytes(\.dbname), .strings(wikis.map(\.url)), bytes(\.site), bytes(\.lang), bytes(\.family),
                flags(\.isClosed), flags(\.isPrivate), flags(\.isFishbowl),
                .strings(wikis.map { _ in source.rawValue }), .timestamps(wikis.map { _ in time }),
                .timestamps(wikis.map { _ in time }),
            ]
        )
    }

    /// Those that vanished before are noted again as observed, so that no list from between brings them back.
    private static func vanish(_ names: [[UInt8]], at time: Timestamp, in transaction: Transaction) async throws {
        guard !names.isEmpty else { return }
        let times = Column.timestamps(names.map { _ in time })
        try await transaction.executeBulk(
            """
            UPDATE wikis SET vanished_at = COALESCE(vanished_at, ?), observed_at = ?
            WHERE dbname = ? AND observed_at <= ?
            """,
            [times, times, .bytes(names), times]
        )
    }
}

/// What the table has about a wiki before a list is taken over.
private struct KnownWiki {
    let entry: WikiEntry
    let source: WikiSourceName
    let observedAt: Timestamp
    let vanishedAt: Timestamp?

    init(_ row: Row) throws {
        entry = try WikiEntry(row)
        source = try row.decodeName("source")
        observedAt = try row.decode("observed_at")
        vanishedAt = try row.decode("vanished_at")
    }
}

extension KnownWiki? {
    /// Counts what `wiki` does to this row.
    fileprivate func count(_ wiki: WikiEntry, at time: Timestamp, into counts: inout WikiSyncCounts) {
        guard let self else {
            counts.added += 1
            return
        }
        if time < self.observedAt {
            counts.unchanged += 1
        } else if self.vanishedAt != nil {
            counts.returned += 1
        } else if wiki != self.entry {
            counts.changed += 1
        } else {
            counts.unchanged += 1
        }
    }
}
