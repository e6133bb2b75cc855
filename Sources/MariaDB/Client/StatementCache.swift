/// The statements that a connection has prepared, of which the least recently used goes when there are too many.
struct StatementCache {
    private let limit: Int
    private var entries: [String: (statement: PreparedStatement, lastUse: UInt64)] = [:]
    private var uses: UInt64 = 0

    init(limit: Int) { self.limit = max(1, limit) }

    /// The statement, prepared now unless it was before.
    /// - Throws: ``MariaDBError``.
    mutating func statement(_ sql: String, on handle: ClientHandle) throws(MariaDBError) -> PreparedStatement {
        uses += 1
        if let entry = entries[sql] {
            entries[sql]?.lastUse = uses
            return entry.statement
        }
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
        }
        let statement = try PreparedStatement(sql, on: handle)
        entries[sql] = (statement, uses)
        return statement
    }

    /// Forgets a statement, after it failed in a way that leaves its state unsure.
    mutating func remove(_ sql: String) { entries[sql] = nil }

    mutating func removeAll() { entries.removeAll() }
}
