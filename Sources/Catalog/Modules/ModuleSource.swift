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

    /// What became of sources that were to be stored.
    struct Written {
        /// How many are new.
        var new = 0
        /// The hashes of those that were purged, and aren't stored.
        var purged: Set<[UInt8]> = []
    }

    /// Stores those of the sources that aren't there yet, in the order of their hashes, unless they were purged.
    ///
    /// All of them stay locked, for share, until the transaction has ended: whoever removes a source that nothing refers
    /// to, or purges one, waits for the rows that are about to refer to it, or makes this wait and find it gone. What
    /// was purged is therefore looked up after the locks were taken. Writers don't wait for each other, but for one
    /// that stores the same source just now.
    static func write(_ sources: [ModuleSource], in transaction: Transaction) async throws -> Written {
        guard !sources.isEmpty else { return Written() }
        let hashes = sources.map(\.sha256).sorted { $0.lexicographicallyPrecedes($1) }
        let stored = try await stored(hashes, in: transaction)
        let missing = sources.filter { !stored.contains($0.sha256) }
            .sorted { $0.sha256.lexicographicallyPrecedes($1.sha256) }
        var written = Written(new: try await insert(missing, in: transaction))
        written.purged = try await PurgedSource.known(among: hashes, in: transaction)
        let own = missing.map(\.sha256).filter(written.purged.contains)
        if !own.isEmpty {
            let removed = try await transaction.executeBulk(
                "DELETE FROM module_sources WHERE sha256 = ?",
                [.bytes(own)]
            )
            written.new = max(0, written.new - Int(removed.affectedRows))
        }
        return written
    }

    /// Stores sources in the order that is given. IGNORE locks one that has come meanwhile for share, as the others are,
    /// where ON DUPLICATE KEY UPDATE would want it alone; no other error can come of these values.
    /// - Returns: how many are new.
    @discardableResult
    static func insert(_ sources: [ModuleSource], in transaction: Transaction) async throws -> Int {
        guard !sources.isEmpty else { return 0 }
        let outcome = try await transaction.executeBulk(
            """
            INSERT IGNORE INTO module_sources (sha256, sha1, length, source, first_seen_at) VALUES (?, ?, ?, ?, ?)
            """,
            [
                .bytes(sources.map(\.sha256)), .bytes(sources.map(\.sha1)),
                .uints(sources.map { UInt64($0.text.count) }), .bytes(sources.map(\.text)),
                .timestamps(sources.map(\.seenAt)),
            ]
        )
        return Int(outcome.affectedRows)
    }

    /// Those of the hashes that are there, locked for share. They have to be in order.
    ///
    /// By the primary key: the other index has all that is asked for, and a lock for share that is found there is on that
    /// index alone, where nobody who removes the row would meet it in time.
    static func stored(_ hashes: [[UInt8]], in transaction: Transaction) async throws -> Set<[UInt8]> {
        var stored = Set<[UInt8]>()
        for list in KeyList.lists(of: hashes.map { .bytes($0) }) {
            let rows = try await transaction.rows(
                """
                SELECT sha256 FROM module_sources FORCE INDEX (PRIMARY) WHERE sha256 IN (\(list.placeholders))
                LOCK IN SHARE MODE
                """,
                list.values
            )
            for row in rows { stored.insert(try row.decode("sha256")) }
        }
        return stored
    }
}
