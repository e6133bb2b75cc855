import Crypto
import MariaDB

/// A source and what it is called by: its hash.
struct ModuleSource {
    let sha256: [UInt8]
    let text: [UInt8]
    /// The earliest time at which one of the pages that are being written had it.
    var seenAt: Timestamp

    init(_ text: [UInt8], seenAt: Timestamp) {
        sha256 = Array(SHA256.hash(data: text))
        self.text = text
        self.seenAt = seenAt
    }

    /// What MediaWiki calls `rev_sha1`; needed only for sources that aren't stored yet.
    var sha1: [UInt8] { Array(Insecure.SHA1.hash(data: text)) }

    /// Stores those of the sources that aren't there yet, in the order of their hashes.
    ///
    /// Nearly all are there in most writes, and looking takes no locks. Only one that another transaction stores at
    /// the same time is waited for.
    /// - Returns: how many are new.
    static func write(_ sources: [ModuleSource], in transaction: Transaction) async throws -> Int {
        let stored = try await stored(sources.map(\.sha256), in: transaction)
        let missing = sources.filter { !stored.contains($0.sha256) }
            .sorted { $0.sha256.lexicographicallyPrecedes($1.sha256) }
        return try await insert(missing, in: transaction)
    }

    /// Stores sources in the order that is given.
    /// - Returns: how many are new.
    @discardableResult
    static func insert(_ sources: [ModuleSource], in transaction: Transaction) async throws -> Int {
        guard !sources.isEmpty else { return 0 }
        let outcome = try await transaction.executeBulk(
            """
            INSERT INTO module_sources (sha256, sha1, length, source, first_seen_at) VALUES (?, ?, ?, ?, ?)
            ON DUPLICATE KEY UPDATE length = length
            """,
            [
                .bytes(sources.map(\.sha256)), .bytes(sources.map(\.sha1)),
                .uints(sources.map { UInt64($0.text.count) }), .bytes(sources.map(\.text)),
                .timestamps(sources.map(\.seenAt)),
            ]
        )
        return Int(outcome.affectedRows)
    }

    /// Those of the hashes that are there.
    static func stored(_ hashes: [[UInt8]], in transaction: Transaction) async throws -> Set<[UInt8]> {
        var stored = Set<[UInt8]>()
        for list in KeyList.lists(of: hashes.map { .bytes($0) }) {
            let rows = try await transaction.rows(
                "SELECT sha256 FROM module_sources WHERE sha256 IN (\(list.placeholders))",
                list.values
            )
            for row in rows { stored.insert(try row.decode("sha256")) }
        }
        return stored
    }
}
