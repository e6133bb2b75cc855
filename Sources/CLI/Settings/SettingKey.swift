/// One setting: its name in the file, what it is for, and what it is when nobody says.
///
/// The name is that of the file, with a dot between levels; in the environment it is `PERIGEE_` and the name in capitals with
/// underscores; as a flag two dashes and the name with dashes, where a command has it.
package struct SettingKey: Hashable, Sendable {
    package let name: String
    package let summary: String
    package let standard: String?

    private init(_ name: String, _ summary: String, standard: String? = nil) {
        self.name = name
        self.summary = summary
        self.standard = standard
    }

    /// The name of the environment variable.
    package var variable: String { "PERIGEE_" + name.replacing(".", with: "_").uppercased() }

    package static let databaseDefaultsFile = SettingKey(
        "database.defaults_file",
        "MySQL option file with user and password, such as replica.my.cnf"
    )
    package static let databaseName = SettingKey("database.name", "name of the database", standard: "perigee")
    package static let databaseHost = SettingKey("database.host", "host; the option file's when not set")
    package static let databasePort = SettingKey("database.port", "port", standard: "3306")
    package static let databaseSocket = SettingKey("database.socket", "Unix socket, instead of host and port")
    package static let databaseTLS = SettingKey("database.tls", "off, preferred or required", standard: "off")
    package static let databaseAuthority = SettingKey(
        "database.tls_ca",
        "PEM file with the CA of the database server, with tls: required"
    )

    package static let coordinatorListen = SettingKey(
        "coordinator.listen",
        "where the coordinator listens",
        standard: "tls+tcp://127.0.0.1:7410"
    )
    package static let coordinatorAddress = SettingKey(
        "coordinator.address",
        "where workers and operators reach it; with standbys all addresses, separated by commas",
        standard: "tls+tcp://127.0.0.1:7410"
    )
    package static let coordinatorConnections = SettingKey(
        "coordinator.connections",
        "connections of the coordinator to the database",
        standard: "2"
    )

    package static let heartbeat = SettingKey(
        "coordinator.heartbeat_seconds",
        "how often workers say that they are alive",
        standard: "5"
    )
    package static let lease = SettingKey(
        "coordinator.lease_seconds",
        "time after which the jobs of a worker that isn't heard go to another; three heartbeats or more",
        standard: "45"
    )
    package static let firstLease = SettingKey(
        "coordinator.first_lease_seconds",
        "the same, for a job of which there was no heartbeat yet; two heartbeats or more",
        standard: "15"
    )

    package static let takeover = SettingKey(
        "coordinator.takeover_seconds",
        "time after which a standby takes over from a coordinator that isn't heard; the same for all of them",
        standard: "20"
    )

    package static let maximumFailures = SettingKey(
        "jobs.failures",
        "a job that went wrong so often has failed",
        standard: "5"
    )
    package static let maximumLosses = SettingKey(
        "jobs.losses",
        "a job with which so many workers were lost, one after the other and without a checkpoint, is put in quarantine",
        standard: "3"
    )

    package static let sameError = SettingKey(
        "jobs.same_error",
        "an error that a kind has on so many wikis, with no success in between, pauses the kind; 0 for never",
        standard: "10"
    )

    package static let retentionRuns = SettingKey(
        "retention.runs_days",
        "ended runs, with their jobs and checkpoints, are kept for so many days; 0 for ever, as in all of these",
        standard: "90"
    )
    package static let retentionEvents = SettingKey(
        "retention.events_days",
        "what happened to jobs that have ended",
        standard: "30"
    )
    package static let retentionWorkers = SettingKey(
        "retention.workers_days",
        "workers that have left or were lost",
        standard: "30"
    )
    package static let retentionDeletedTexts = SettingKey(
        "retention.deleted_texts_days",
        "the texts, earlier ones too, of pages that were found to be deleted; their rows stay",
        standard: "30"
    )
    package static let retentionDeletedPages = SettingKey(
        "retention.deleted_pages_days",
        "the rows of pages that were found to be deleted, with their history",
        standard: "365"
    )
    package static let retentionHistory = SettingKey(
        "retention.history_days",
        "earlier revisions of pages, since they were first seen",
        standard: "0"
    )
    package static let retentionSources = SettingKey(
        "retention.sources_days",
        "sources that no row refers to, since they were first seen",
        standard: "7"
    )

    package static let tlsAuthority = SettingKey("tls.ca", "PEM file with the CA of the coordinator and its workers")
    package static let tlsCertificate = SettingKey("tls.certificate", "PEM file with this process's certificate")
    package static let tlsKey = SettingKey("tls.key", "PEM file with its key")
    package static let tlsServerName = SettingKey(
        "tls.server_name",
        "the DNS name in the coordinator's certificate",
        standard: "coordinator"
    )
    package static let tlsRevocations = SettingKey("tls.crl", "PEM file with revoked certificates")

    package static let workerSecret = SettingKey("secrets.worker", "file with the secret of the workers' pool")
    package static let operatorSecret = SettingKey("secrets.operator", "file with the secret of the operators")

    package static let workerName = SettingKey("worker.name", "the worker's name; host and process id when not set")
    package static let workerSlots = SettingKey("worker.slots", "jobs that a worker does at once", standard: "4")
    package static let workerGrace = SettingKey(
        "worker.grace_seconds",
        "time a worker has to stop when told to",
        standard: "12"
    )
    package static let workerConnections = SettingKey(
        "worker.connections",
        "connections of a worker to the database",
        standard: "1"
    )

    package static let contact = SettingKey(
        "http.contact",
        "mail address or URL of the operator, for the User-Agent; Wikimedia asks for it"
    )
    package static let tokenFile = SettingKey(
        "http.token_file",
        "file with an OAuth 2 access token, for requests in the name of an account"
    )
    package static let botPasswordFile = SettingKey(
        "http.bot_password_file",
        "file with the name (User@bot) and, in the next line, the bot password, for the same"
    )
    package static let credentialsSite = SettingKey(
        "http.credentials_site",
        "the site that token or bot password are for; no other gets to see them",
        standard: "wikimedia"
    )
    package static let httpAuthority = SettingKey("http.ca", "PEM file with the CA of the wikis, where it isn't public")
    package static let scriptPath = SettingKey(
        "http.script_path",
        "path of api.php where a list of wikis names only hosts",
        standard: "/w"
    )
    package static let maximumLag = SettingKey(
        "politeness.maxlag",
        "wikis whose replicas lag by more seconds are left alone; 0 for no limit",
        standard: "5"
    )
    package static let siteInFlight = SettingKey(
        "politeness.site_in_flight",
        "requests at once to the wikis of one site",
        standard: "3"
    )
    package static let sitePerMinute = SettingKey(
        "politeness.site_per_minute",
        "requests per minute to the wikis of one site; 0 for no limit",
        standard: "180"
    )

    package static let quotas = SettingKey(
        "politeness.quotas",
        "limits of single resources, or of all of a type: site:wikimedia=16, dumps=2/60; uses at once, and requests per minute"
    )

    package static let changesDays = SettingKey(
        "changes.days",
        "days that the lists of changes of all wikis are sure to reach back; after more, run modules --changed walks. Wikimedia's "
            + "reach back 30",
        standard: "25"
    )
    package static let changesOverlap = SettingKey(
        "changes.overlap_minutes",
        "a wiki is asked for changes from so much earlier than it was looked at last: lines come late to its lists",
        standard: "60"
    )
    package static let changesWait = SettingKey(
        "changes.wait_seconds",
        "time from a change that a stream tells of until the wiki is looked at, for more changes to come along",
        standard: "30"
    )
    package static let changesJobs = SettingKey(
        "changes.jobs",
        "wikis with changes that a stream has told of that are looked at in the same time",
        standard: "8"
    )

    package static let metaDefaultsFile = SettingKey("meta.defaults_file", "MySQL option file for meta_p")
    package static let metaHost = SettingKey(
        "meta.host",
        "server with meta_p",
        standard: "meta.analytics.db.svc.wikimedia.cloud"
    )
    package static let metaPort = SettingKey("meta.port", "its port", standard: "3306")
    package static let metaDatabase = SettingKey("meta.database", "name of the database", standard: "meta_p")

    package static let logLevel = SettingKey(
        "log.level",
        "trace, debug, info, notice, warning or error; when not set, info for coordinator and worker, else warning"
    )

    /// All of them, in the order in which they are documented.
    package static let all: [SettingKey] = [
        databaseDefaultsFile, databaseName, databaseHost, databasePort, databaseSocket, databaseTLS, databaseAuthority,
        coordinatorListen, coordinatorAddress, coordinatorConnections, heartbeat, lease, firstLease,
        takeover,
        maximumFailures, maximumLosses, sameError,
        retentionRuns, retentionEvents, retentionWorkers, retentionDeletedTexts, retentionDeletedPages,
        retentionHistory, retentionSources,
        tlsAuthority, tlsCertificate, tlsKey, tlsServerName, tlsRevocations,
        workerSecret, operatorSecret,
        workerName, workerSlots, workerGrace, workerConnections,
        contact, tokenFile, botPasswordFile, credentialsSite, httpAuthority, scriptPath,
        maximumLag, siteInFlight, sitePerMinute, quotas,
        changesDays, changesOverlap, changesWait, changesJobs,
        metaDefaultsFile, metaHost, metaPort, metaDatabase,
        logLevel,
    ]
}
