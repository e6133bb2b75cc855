import Catalog
import Coordinator
import Foundation
import Jobs
import Logging
import MariaDB
import NNG
import PrivateMariaDB
import Protocol

/// One installation of its own: a database with the newest schema, secrets, and an address.
struct Installation {
    static let workerSecret = Secret("the secret of the workers".utf8)
    static let operatorSecret = Secret("the secret of the operators".utf8)
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// As a coordinator reaches it; a test may have it go another way.
    var database: ConnectionSettings
    let pool: ConnectionPool
    /// What a coordinator starts with; a test may change it before.
    var settings: CoordinatorSettings
    var kinds = KindCatalog.standard
    /// The files of clients, for an installation with TLS.
    let clientFiles: TLSFiles?

    static func make(
        tls: Bool = false,
        server: PrivateMariaDB? = nil,
        wikis: [String] = ["aawiki", "bbwiki", "ccwiki", "ddwiki"]
    ) async throws -> Installation {
        let shared = try await PrivateMariaDB.shared
        let database = try await (server ?? shared).makeDatabase()
        _ = try await Migrator(Schema.migrations, settings: database, logger: logger).apply()
        let certificates = tls ? try await Certificates.shared : nil
        var settings = CoordinatorSettings(
            listen: tls ? "tls+tcp://127.0.0.1:0" : "inproc://\(UUID().uuidString)",
            tls: certificates?.coordinator,
            workerSecrets: [workerSecret],
            operatorSecrets: [operatorSecret],
            software: "1.2.3"
        )
        settings.intervals.tick = .milliseconds(50)
        var limits = ConnectionPool.Limits(connections: 4)
        // Tests kill the server and then look at once.
        limits.pingAfter = .zero
        let installation = Installation(
            database: database,
            pool: ConnectionPool(settings: database, limits: limits, logger: logger),
            settings: settings,
            clientFiles: certificates?.worker
        )
        for wiki in wikis { try await installation.addWiki(wiki) }
        return installation
    }

    func addWiki(_ dbname: String, isPrivate: Bool = false) async throws {
        try await execute(
            """
            INSERT INTO wikis SET dbname = '\(dbname)', url = 'http://\(dbname).test/w', site = 'test', lang = 'en',
                family = 'wikipedia', is_closed = 0, is_private = \(isPrivate ? 1 : 0), is_fishbowl = 0, source = 'list',
                first_seen_at = NOW(6), observed_at = NOW(6)
            """
        )
    }

    /// Starts a coordinator and waits until it answers.
    func start() async throws -> RunningCoordinator { try await RunningCoordinator.start(self) }

    /// Runs `body` while a coordinator runs.
    func run(_ body: (RunningCoordinator) async throws -> Void) async throws {
        let coordinator = try await start()
        let result: Result<Void, any Error>
        do { result = .success(try await body(coordinator)) } catch { result = .failure(error) }
        await coordinator.stop()
        try result.get()
    }

    func rows(_ sql: String) async throws -> [Row] { try await pool.withConnection { try await $0.rows(sql) } }

    func execute(_ sql: String) async throws { try await pool.withConnection { _ = try await $0.execute(sql) } }

    /// The events of a wiki's jobs, in their order.
    func story(_ wiki: String = "aawiki") async throws -> [String] {
        try await rows("SELECT event FROM job_events JOIN jobs USING (job_id) WHERE wiki = '\(wiki)' ORDER BY event_id")
            .map { try $0.decode("event") }
    }

    /// Waits until the story of a wiki's jobs has this event so often.
    func wait(for event: String, times: Int = 1, of wiki: String = "aawiki") async throws {
        while try await story(wiki).count(where: { $0 == event }) < times {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func states() async throws -> [String] {
        try await rows("SELECT state FROM jobs ORDER BY job_id").map { try $0.decode("state") }
    }

    func runStates() async throws -> [String] {
        try await rows("SELECT state FROM runs ORDER BY run_id").map { try $0.decode("state") }
    }
}

/// Waits until `condition` holds; the suite's time limit bounds it.
func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(20)) }
}
