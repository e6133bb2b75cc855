import MariaDB

extension Migration {
    /// What operators, or the coordinator by itself, have paused.
    static let pauses = Migration(
        3,
        "pauses",
        oldestBinary: 1,
        [
            """
            CREATE TABLE IF NOT EXISTS pauses (
                scope ENUM('kind', 'wiki', 'site') NOT NULL,
                name VARBINARY(255) NOT NULL,
                until DATETIME(6) NULL COMMENT 'NULL when it does not end by itself',
                reason VARCHAR(1024) NOT NULL,
                paused_by VARCHAR(255) NOT NULL,
                paused_at DATETIME(6) NOT NULL,
                automatic BOOLEAN NOT NULL COMMENT 'made by the coordinator, because of the same error on many wikis',
                PRIMARY KEY (scope, name)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
            """
        ]
    )
}
