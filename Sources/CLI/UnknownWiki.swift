import Catalog
import Logging
import MariaDB

/// What to say when a wiki that was named isn't in the table.
enum UnknownWiki {
    /// A complaint about the first name that isn't in the table, with the nearest one that is; `nil` when all are.
    static func complaint(_ names: [String], _ settings: Settings, _ logger: Logger) async -> Complaint? {
        guard let pool = try? settings.connectionPool(limit: 1, logger: logger),
            let known = try? await WikiTable(pool).names()
        else { return nil }
        await pool.shutdown(within: .seconds(1))
        guard let unknown = names.first(where: { !known.contains($0) }) else { return nil }
        let hint =
            Suggestion.nearest(to: unknown, in: known).map { "; did you mean \($0)?" } ?? "; see: perigee wikis list"
        return Complaint("there is no wiki \"\(unknown)\"\(hint)")
    }
}
