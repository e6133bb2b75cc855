import Catalog
package import Jobs
import Logging
import MariaDB
import MediaWiki

/// Kind `wikis`: makes the table `wikis` say what a list of wikis says.
package struct WikisWork: Work {
    package let kind = JobKind.wikis

    /// The checkpoint: the job is one transaction.
    private struct Synced: Codable {
        var counts: [String: UInt64]
    }

    /// What a list names.
    private struct List {
        var wikis: [WikiEntry] = []
        /// How many of its entries can't be used.
        var unusable = 0
        /// The wikis that they are about, where they say so.
        var unusableNames: [String] = []

        /// Drops entries that the table can't take: nobody here can correct them, and the others are good.
        mutating func screen(_ logger: Logger) {
            let (usable, problems) = WikiTable.screen(wikis)
            wikis = usable
            unusable += problems.count
            unusableNames += problems.compactMap(\.wiki)
            for problem in problems.prefix(ListProblems.limit) {
                logger.warning("an entry of the list can't be used", metadata: ["perigee.problem": "\(problem)"])
            }
        }
    }

    package init() {}

    package func run(_ context: WorkContext) async throws -> [String: UInt64] {
        if let synced = try await context.resume(Synced.self) { return synced.counts }
        let source = try WikiSource(parameters: context.parameters)
        let list = try await list(source, context)
        // What changed is known only when it is written: a worker that takes over after that tells of the list alone.
        var counts = ["listed": UInt64(list.wikis.count), "unusable": UInt64(list.unusable)]
        try await context.commit(Synced(counts: counts), itemsDone: UInt64(list.wikis.count)) { transaction in
            // Which list is the later one isn't a matter of each worker's own clock.
            let sync = try await WikiTable.sync(
                list.wikis,
                unusable: list.unusableNames,
                source: source.name,
                at: try await transaction.serverTime(),
                in: transaction
            )
            counts["added"] = UInt64(sync.added)
            counts["changed"] = UInt64(sync.changed)
            counts["vanished"] = UInt64(sync.vanished)
            counts["returned"] = UInt64(sync.returned)
        }
        return counts
    }

    private func list(_ source: WikiSource, _ context: WorkContext) async throws -> List {
        switch source {
        case .list(let wikis): List(wikis: wikis.map(WikiEntry.init))
        case .api(let url): try await siteMatrix(at: url, context)
        case .meta: try await metaTable(context)
        }
    }

    private func siteMatrix(at url: String, _ context: WorkContext) async throws -> List {
        guard context.settings.hasContact || !UserAgent.requiresContact(url) else {
            throw CannotBeDone.withoutContact
        }
        let host = try WikiDescription(dbname: "sitematrix", url: url, language: "", family: "special")
        let api = try await context.api(of: host)
        var list = List()
        var continuation: String?
        var continuations: Set<String> = []
        repeat {
            let part = try await context.request {
                try await api.siteMatrix(from: continuation, scriptPath: context.settings.scriptPath)
            }
            list.wikis += part.wikis.map(WikiEntry.init)
            list.unusable += part.problems.count
            list.unusableNames += part.unusableNames
            if part.problems.count > 0 {
                context.logger.warning(
                    "entries of the list can't be used",
                    metadata: ["perigee.problems": "\(part.problems)"]
                )
            }
            continuation = part.continuation
            if let continuation, !continuations.insert(continuation).inserted {
                throw CannotBeDone("\(url) answers the same part of its list again and again")
            }
        } while continuation != nil
        list.screen(context.logger)
        return list
    }

    private func metaTable(_ context: WorkContext) async throws -> List {
        guard let settings = context.settings.metaDatabase else {
            throw CannotBeDone(
                "no server with meta_p is known: set meta.defaults_file and meta.host",
                byAnyWorker: false
            )
        }
        let rows: [Row]
        do {
            rows = try await ConnectionPool.with(settings: settings, limit: 1, logger: context.logger) { pool in
                try await pool.withConnection { connection in
                    try await connection.rows(
                        "SELECT \(MetaTable.columns.joined(separator: ", ")) FROM wiki ORDER BY dbname",
                        limit: 20_000
                    )
                }
            }
        } catch let error as MariaDBError where !error.class.mayPass {
            // Not the database that the worker can't do without: other jobs go on.
            throw CannotBeDone("meta_p can't be read, look at the settings in meta: \(error)", byAnyWorker: false)
        }
        var list = List()
        for row in rows {
            do {
                let isClosed: Int = try row.decode("is_closed") ?? 0
                let wiki = try MetaTable.description(
                    dbname: row.decode("dbname"),
                    language: row.decode("lang"),
                    name: row.decode("name"),
                    family: row.decode("family"),
                    url: row.decode("url"),
                    isClosed: isClosed != 0,
                    scriptPath: context.settings.scriptPath
                )
                list.wikis.append(WikiEntry(wiki))
            } catch {
                list.unusable += 1
                if let name = try? row.decode("dbname", as: String.self) { list.unusableNames.append(name) }
                context.logger.warning("a row of meta_p can't be used", metadata: ["perigee.error": "\(error)"])
            }
        }
        list.screen(context.logger)
        return list
    }
}

extension WikiSource {
    /// The name in the table `wikis`.
    var name: WikiSourceName {
        switch self {
        case .api: .api
        case .meta: .meta
        case .list: .list
        }
    }
}

extension WikiEntry {
    init(_ wiki: WikiDescription) {
        self.init(
            dbname: wiki.dbname,
            url: wiki.url,
            site: Site.name(ofURL: wiki.url),
            lang: wiki.language,
            family: wiki.family,
            isClosed: wiki.isClosed,
            isPrivate: wiki.isPrivate,
            isFishbowl: wiki.isFishbowl
        )
    }
}
