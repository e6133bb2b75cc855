import MariaDB

extension Migration {
    /// The tables of jobs, wikis and modules.
    static let first = Migration(1, "jobs, wikis and modules", oldestBinary: 1, jobTables + moduleTables)

    private static let jobTables = [
        // One row: the coordinator that may change things. Each of its writes locks it for share, so that one that was
        // deposed changes nothing.
        """
        CREATE TABLE IF NOT EXISTS coordinator_term (
            id TINYINT UNSIGNED NOT NULL PRIMARY KEY DEFAULT 1 CHECK (id = 1),
            term BIGINT UNSIGNED NOT NULL,
            incarnation BINARY(16) NULL,
            host VARCHAR(255) NULL,
            software VARCHAR(64) NULL,
            taken_at DATETIME(6) NULL
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        "INSERT IGNORE INTO coordinator_term (id, term) VALUES (1, 0)",
        """
        CREATE TABLE IF NOT EXISTS runs (
            run_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            state ENUM('planning', 'active', 'done', 'failed', 'cancelled') NOT NULL,
            kinds VARCHAR(255) NOT NULL COMMENT 'separated by commas',
            wikis JSON NULL COMMENT 'the database names that were asked for; NULL for all',
            family VARBINARY(32) NULL COMMENT 'the family that was asked for; NULL for all',
            parameters JSON NULL COMMENT 'in the form of the kind',
            requested_by VARCHAR(255) NOT NULL,
            request_id BINARY(16) NOT NULL COMMENT 'a request that is repeated finds its run',
            created_at DATETIME(6) NOT NULL,
            planned_at DATETIME(6) NULL,
            finished_at DATETIME(6) NULL,
            UNIQUE KEY by_request (request_id),
            CHECK ((state IN ('planning', 'active')) = (finished_at IS NULL)),
            CHECK (state <> 'active' OR planned_at IS NOT NULL)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        // state stands near the front for the people who read it. A row changes only at a transition.
        """
        CREATE TABLE IF NOT EXISTS jobs (
            job_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            run_id BIGINT UNSIGNED NOT NULL,
            state ENUM('waiting', 'ready', 'leased', 'done', 'failed', 'quarantined', 'cancelled') NOT NULL,
            kind VARBINARY(32) NOT NULL,
            wiki VARBINARY(64) NOT NULL DEFAULT '' COMMENT 'empty for a kind that is not about one wiki',
            shard VARBINARY(64) NOT NULL DEFAULT '',
            attempt INT UNSIGNED NOT NULL DEFAULT 0,
            lease_id BINARY(16) NULL,
            worker BINARY(16) NULL COMMENT 'the incarnation that holds the lease',
            resource VARBINARY(255) NOT NULL COMMENT 'what it shares with other jobs, beside its wiki',
            expected_items BIGINT UNSIGNED NOT NULL DEFAULT 0,
            depends_on BIGINT UNSIGNED NULL COMMENT 'the job that has to be done first',
            not_before DATETIME(6) NULL,
            failures INT UNSIGNED NOT NULL DEFAULT 0,
            losses INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'in a row, without a checkpoint that moved',
            checkpoint_at_loss INT UNSIGNED NOT NULL DEFAULT 0,
            snoozes INT UNSIGNED NOT NULL DEFAULT 0,
            last_error VARCHAR(1024) NULL,
            counts JSON NULL COMMENT 'what was done, in numbers of the kind''s own',
            created_at DATETIME(6) NOT NULL,
            changed_at DATETIME(6) NOT NULL,
            finished_at DATETIME(6) NULL,
            active TINYINT UNSIGNED AS (IF(state IN ('waiting', 'ready', 'leased'), 1, NULL)) PERSISTENT,
            UNIQUE KEY one_active (kind, wiki, shard, active),
            KEY by_run (run_id, state),
            KEY by_activity (active, job_id),
            CHECK ((state = 'leased') = (lease_id IS NOT NULL)),
            CHECK ((state = 'leased') = (worker IS NOT NULL)),
            CHECK (state <> 'leased' OR attempt > 0),
            CHECK (state <> 'waiting' OR depends_on IS NOT NULL),
            CHECK (state = 'ready' OR not_before IS NULL),
            CHECK ((state IN ('waiting', 'ready', 'leased')) = (finished_at IS NULL))
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        // Jobs that were under way already when a later run asked for them.
        """
        CREATE TABLE IF NOT EXISTS run_joins (
            run_id BIGINT UNSIGNED NOT NULL,
            job_id BIGINT UNSIGNED NOT NULL,
            PRIMARY KEY (run_id, job_id),
            KEY by_job (job_id)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        """
        CREATE TABLE IF NOT EXISTS job_events (
            event_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            job_id BIGINT UNSIGNED NOT NULL,
            at DATETIME(6) NOT NULL,
            event VARBINARY(32) NOT NULL,
            attempt INT UNSIGNED NOT NULL,
            lease_id BINARY(16) NULL,
            worker BINARY(16) NULL,
            term BIGINT UNSIGNED NOT NULL COMMENT 'of the coordinator that wrote it',
            detail VARCHAR(1024) NULL,
            KEY by_job (job_id, event_id)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        """
        CREATE TABLE IF NOT EXISTS workers (
            incarnation BINARY(16) NOT NULL PRIMARY KEY,
            name VARCHAR(64) NOT NULL,
            state ENUM('running', 'left', 'lost') NOT NULL,
            host VARCHAR(255) NOT NULL,
            pid INT UNSIGNED NOT NULL,
            software VARCHAR(64) NOT NULL,
            kinds VARCHAR(255) NOT NULL COMMENT 'separated by commas',
            slots INT UNSIGNED NOT NULL,
            registered_at DATETIME(6) NOT NULL,
            seen_at DATETIME(6) NOT NULL COMMENT 'to the minute or so',
            KEY by_state (state, name)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        // Written by the worker, in the transaction of the rows that it covers.
        """
        CREATE TABLE IF NOT EXISTS checkpoints (
            job_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
            sequence INT UNSIGNED NOT NULL,
            attempt INT UNSIGNED NOT NULL,
            lease_id BINARY(16) NOT NULL,
            state JSON NOT NULL COMMENT 'in the form of the kind',
            items_done BIGINT UNSIGNED NOT NULL DEFAULT 0,
            items_expected BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '0 when not known',
            written_at DATETIME(6) NOT NULL
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
    ]

    private static let moduleTables = [
        """
        CREATE TABLE IF NOT EXISTS wikis (
            dbname VARBINARY(64) NOT NULL PRIMARY KEY,
            url VARCHAR(255) NOT NULL COMMENT 'what /api.php is appended to',
            site VARBINARY(255) NOT NULL COMMENT 'the wikis that share one rate limit',
            lang VARBINARY(35) NOT NULL,
            family VARBINARY(32) NOT NULL,
            is_closed BOOLEAN NOT NULL,
            is_private BOOLEAN NOT NULL COMMENT 'listed, but not harvested',
            is_fishbowl BOOLEAN NOT NULL,
            source ENUM('api', 'meta', 'list') NOT NULL COMMENT 'which kind of list named it last',
            first_seen_at DATETIME(6) NOT NULL,
            observed_at DATETIME(6) NOT NULL,
            vanished_at DATETIME(6) NULL COMMENT 'since when its list names it no more',
            module_namespace VARBINARY(255) NULL COMMENT 'the local name, such as Modul; NULL when not known or none',
            walked_at DATETIME(6) NULL COMMENT 'when the last complete walk of its modules began',
            walk_result ENUM('walked', 'no_namespace') NULL
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        // Content-addressed: a module that was copied to 300 wikis is here once. The index has the length so that
        // summing it needn't read the sources.
        """
        CREATE TABLE IF NOT EXISTS module_sources (
            sha256 BINARY(32) NOT NULL PRIMARY KEY,
            sha1 BINARY(20) NOT NULL COMMENT 'what MediaWiki calls rev_sha1, there in base 36',
            length INT UNSIGNED NOT NULL COMMENT 'bytes',
            source MEDIUMBLOB COMPRESSED NOT NULL COMMENT 'UTF-8, as the API gives it: in Unicode NFC',
            first_seen_at DATETIME(6) NOT NULL,
            KEY by_sha1 (sha1, length)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        """
        CREATE TABLE IF NOT EXISTS modules (
            dbname VARBINARY(64) NOT NULL,
            page_id BIGINT UNSIGNED NOT NULL,
            title VARBINARY(255) NOT NULL COMMENT 'as page_title: underscores, no namespace',
            lastrevid BIGINT UNSIGNED NOT NULL,
            revised_at DATETIME NULL COMMENT 'when that revision was made',
            content_model VARBINARY(64) NOT NULL,
            length INT UNSIGNED NOT NULL COMMENT 'bytes as stored by the wiki, which may differ from the source in NFC',
            sha256 BINARY(32) NULL COMMENT 'the source; NULL for what is not Scribunto and for what can not be read',
            no_source_reason VARBINARY(32) NULL COMMENT 'why sha256 is NULL',
            is_redirect BOOLEAN NOT NULL,
            redirect_target VARBINARY(512) NULL COMMENT 'full title, as written',
            first_seen_at DATETIME(6) NOT NULL,
            observed_at DATETIME(6) NOT NULL COMMENT 'by the clock of the wiki',
            walk BIGINT UNSIGNED NOT NULL COMMENT 'the job that saw it last',
            deleted_at DATETIME(6) NULL COMMENT 'when it was found to be gone',
            PRIMARY KEY (dbname, page_id),
            KEY by_title (dbname, title),
            KEY by_source (sha256, deleted_at),
            CHECK ((sha256 IS NULL) = (no_source_reason IS NOT NULL))
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
        """
        CREATE TABLE IF NOT EXISTS module_history (
            dbname VARBINARY(64) NOT NULL,
            page_id BIGINT UNSIGNED NOT NULL,
            revid BIGINT UNSIGNED NOT NULL,
            sha256 BINARY(32) NULL,
            revised_at DATETIME NULL,
            seen_at DATETIME(6) NOT NULL COMMENT 'by the clock of the wiki',
            PRIMARY KEY (dbname, page_id, revid),
            KEY by_source (sha256)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
        """,
    ]
}
