import MariaDB

extension Migration {
    /// What is not kept: sources that nothing refers to, texts that were withdrawn; and under which licence the rest is.
    ///
    /// A worker that doesn't know of it would bring back purged texts, and refer to sources that are just being removed.
    static let keeping = Migration(
        5,
        "retention, purges and licences",
        oldestBinary: 5,
        [
            """
            ALTER TABLE wikis
                ADD COLUMN IF NOT EXISTS license VARCHAR(255) NULL COMMENT 'of its texts, as the wiki calls it',
                ADD COLUMN IF NOT EXISTS license_url VARCHAR(1024) NULL
            """,
            """
            ALTER TABLE modules
                ADD COLUMN IF NOT EXISTS purged_sha256 BINARY(32) NULL
                    COMMENT 'with the reason purged: the hash of the text that is not kept',
                ADD KEY IF NOT EXISTS by_deletion (deleted_at)
            """,
            """
            ALTER TABLE module_history
                ADD COLUMN IF NOT EXISTS no_source_reason VARBINARY(32) NULL COMMENT 'why sha256 is NULL',
                ADD COLUMN IF NOT EXISTS checked_at DATETIME(6) NULL
                    COMMENT 'when the wiki said last whether it shows it, by its clock; NULL: not since it was seen',
                ADD KEY IF NOT EXISTS by_check (dbname, checked_at)
            """,
            // A hash is put here in the transaction that takes a reference away, so that the source is looked at whatever
            // happens then.
            """
            CREATE TABLE IF NOT EXISTS unlinked_sources (
                sha256 BINARY(32) NOT NULL PRIMARY KEY,
                since DATETIME(6) NOT NULL
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
            """,
            """
            CREATE TABLE IF NOT EXISTS purged_sources (
                sha256 BINARY(32) NOT NULL PRIMARY KEY,
                purged_at DATETIME(6) NOT NULL,
                purged_by VARCHAR(255) NOT NULL,
                reason VARCHAR(1024) NOT NULL,
                finished_at DATETIME(6) NULL COMMENT 'when no row had the text any more',
                KEY by_end (finished_at)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
            """,
        ]
    )
}
