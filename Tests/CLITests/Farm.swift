import Catalog
import Jobs
import Logging
import MariaDB
import PrivateMariaDB
import Testing

/// Two wikis and their modules in a database of their own, and a shell whose settings name it.
struct Farm {
    let pool: ConnectionPool
    let store: JobStore
    let shell: Shell
    let worker = RandomID.random()

    /// - Parameter modules: how many plain ones the first wiki has beside ``ProgramTests/titles``.
    static func make(modules: Int) async throws -> Farm {
        let server = try await PrivateMariaDB.shared
        let settings = try await server.makeDatabase()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(Schema.migrations, settings: settings, logger: logger).apply()
        let pool = ConnectionPool(settings: settings, limit: 2, logger: logger)
        let store = try await JobStore.takeTerm(
            in: pool,
            incarnation: .random(),
            host: "here",
            software: "0.1.0",
            takeover: .seconds(20),
            deposing: true,
            at: ProgramTests.time
        )
        let shell = try Shell([
            "PERIGEE_DATABASE_DEFAULTS_FILE": settings.optionFile.path, "PERIGEE_DATABASE_SOCKET": server.socketPath,
            "PERIGEE_DATABASE_NAME": settings.database ?? "",
        ])
        let farm = Farm(pool: pool, store: store, shell: shell)
        try await farm.fill(modules)
        return farm
    }

    private func fill(_ count: Int) async throws {
        let wikis = [("awiki", "wikipedia"), ("bwiki", "wiktionary")].map {
            WikiEntry(dbname: $0.0, url: "https://\($0.0).example.org/w", site: "example.org", lang: "en", family: $0.1)
        }
        let rows = wikis.flatMap { wiki in
            (ProgramTests.titles + (wiki.dbname == "awiki" ? (0..<count).map { Array("Plain_\($0)".utf8) } : []))
                .enumerated().map { index, title in
                    ModuleRow(
                        dbname: wiki.dbname,
                        pageID: UInt64(index + 1),
                        title: title,
                        lastRevisionID: 100,
                        revisedAt: ProgramTests.time,
                        contentModel: ModuleRow.scribunto,
                        length: 10,
                        content: .source(Array("return \"".utf8) + title + Array("\"\t\0".utf8)),
                        isRedirect: false,
                        observedAt: ProgramTests.time,
                        walk: 1
                    )
                }
        }
        try await pool.transaction("fill") { transaction in
            _ = try await WikiTable.sync(wikis, source: .list, at: ProgramTests.time, in: transaction)
            _ = try await ModuleTable.write(rows, in: transaction)
        }
        try await store.noteWorker(
            WorkerRecord(
                incarnation: worker,
                name: "w1",
                host: "there",
                processID: 7,
                software: "0.1.0",
                kinds: [.modules],
                slots: 4
            ),
            at: ProgramTests.time
        )
    }

    /// Plans a run of two jobs.
    func planRun() async throws -> PlannedRun {
        let facts = ["awiki", "bwiki"].map {
            WikiFacts(dbname: $0, site: "example.org", family: "f", isPrivate: false, knownModules: 4)
        }
        let drafts = try Planner(kinds: .standard).drafts(kinds: [.modules], wikis: facts, parameters: [])
        let request = RunRequest(kinds: [.modules], requestedBy: "me@here")
        let run = try await store.createRun(request, at: ProgramTests.time)
        return try await store.plan(run, drafts: drafts, at: ProgramTests.time)
    }

    /// Grants a job and completes it.
    func finish(_ id: JobID) async throws {
        for event in [
            JobEvent.granted(Job.Holder(lease: .random(), worker: worker)), .completed(counts: ["listed": 3]),
        ] {
            let before = try #require(try await store.jobs([id]).first)
            var generator = SystemRandomNumberGenerator()
            let (after, story) = try before.after(
                event,
                at: ProgramTests.time,
                policy: JobPolicy(),
                using: &generator
            )
            let transition = Transition(before: before, after: after, story: story, at: ProgramTests.time)
            #expect(try await store.commit([transition]) == [.committed])
        }
    }
}
