import MariaDB

extension Migration {
    /// Keeps the number of a migration that is made elsewhere.
    static let freshness = Migration(4, "freshness", oldestBinary: 1, [])
}
