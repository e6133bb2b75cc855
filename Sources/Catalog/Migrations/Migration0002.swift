import MariaDB

extension Migration {
    /// Until when the coordinator's term holds, and which workers are to do nothing.
    static let standby = Migration(
        2,
        "standby coordinators and cordons",
        oldestBinary: 1,
        [
            """
            ALTER TABLE coordinator_term ADD COLUMN IF NOT EXISTS renewed_at DATETIME(6) NULL
                COMMENT 'by the clock of the database; NULL when nobody has the term'
            """,
            """
            CREATE TABLE IF NOT EXISTS cordons (
                target ENUM('worker', 'host') NOT NULL,
                name VARCHAR(255) NOT NULL,
                since DATETIME(6) NOT NULL,
                requested_by VARCHAR(255) NOT NULL,
                reason VARCHAR(1024) NOT NULL DEFAULT '',
                deadline DATETIME(6) NULL COMMENT 'jobs are to be given back from then on',
                PRIMARY KEY (target, name)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
            """,
        ]
    )
}
