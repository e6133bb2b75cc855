import MariaDB

extension Migration {
    /// Keeps the number of a migration that is made elsewhere.
    static let changes = Migration(4, "changes of wikis", oldestBinary: 1, [])
}
