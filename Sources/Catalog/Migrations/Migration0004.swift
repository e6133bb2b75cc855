import MariaDB

extension Migration {
    /// Until when the changes of each wiki are in the tables, and of which wikis a stream has told changes since.
    static let changes = Migration(
        4,
        "changes of wikis",
        oldestBinary: 1,
        [
            """
            ALTER TABLE wikis ADD COLUMN IF NOT EXISTS changes_until DATETIME(6) NULL
                COMMENT 'by the clock of the wiki; NULL before the first complete walk'
            """,
            """
            CREATE TABLE IF NOT EXISTS wiki_changes (
                dbname VARBINARY(64) NOT NULL PRIMARY KEY,
                first_seen_at DATETIME(6) NOT NULL COMMENT 'when the first of the events was noted',
                events BIGINT UNSIGNED NOT NULL COMMENT 'how many were noted since',
                KEY by_time (first_seen_at)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
            """,
        ]
    )
}
