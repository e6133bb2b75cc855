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

    /// What a list names, and how many of its entries can't be used.
    private struct List {
        var wikis: [WikiDescription] = []
        var unusable = 0
    }

    package init() {}

    package func run(_ context: WorkContext) async throws -> [String: UInt64] {
        if let synced = try await context.resume(Synced.self) { return synced.counts }
        let source = try WikiSource(parameters: context.parameters)
        let observedAt = Timestamp.now
        let list = try await list(source, context)
        let entries = list.wikis.map(WikiEntry.init)
        // What changed is known only when it is written: a worker that takes over after that tells of the list alone.
        var counts = ["listed": UInt64(entries.count), "unusable": UInt64(list.unusable)]
        try await context.commit(Synced(counts: counts), itemsDone: UInt64(entries.count)) { transaction in
            let sync = try await WikiTable.sync(entries, source: source.name, at: observedAt, in: transaction)
            counts["added"] = UInt64(sync.added)
            counts["changed"] = UInt64(sync.changed)
            counts["vanished"] = UInt64(sync.vanished)
            counts["returned"] = UInt64(sync.returned)
        }
        return counts
    }

    private func list(_ source: WikiSource, _ context: WorkContext) async throws -> List {
        switch source {
        case .list(let wikis): List(wikis: wikis)
        case .api(let url): try await siteMatrix(at: url, context)
        case .meta: try await metaTable(context)
        }
    }

    private func siteMatrix(at url: String, _ context: WorkContext) async throws -> List {
        guard context.settings.hasContact || !UserAgent.requiresContact(url) else {
            throw CannotBeDone(
                "Wikimedia's wikis aren't asked anything without a contact: set http.contact to a mail address or URL"
            )
        }
        let host = try WikiDescription(dbname: "sitematrix", url: url, language: "", family: "special")
        let api = ActionAPI(client: context.http, wiki: host, maxlag: context.settings.maximumLag)
        var list = List()
        var continuation: String?
        var continuations: Set<String> = []
        repeat {
            let part = try await context.request {
                try await api.siteMatrix(from: continuation, scriptPath: context.settings.scriptPath)
            }
            list.wikis += part.wikis
            list.unusable += part.problems.count
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
        return list
    }

    private func metaTable(_ context: WorkContext) async throws -> List {
        guard let settings = context.settings.metaDatabase else {
            throw CannotBeDone("no server with meta_p is known: set meta.defaults_file and meta.host")
        }
        let rows = try await ConnectionPool.with(settings: settings, limit: 1, logger: context.logger) { pool in
            try await pool.withConnection { connection in
                try await connection.rows(
                    "SELECT \(MetaTable.columns.joined(separator: ", ")) FROM wiki ORDER BY dbname",
                    limit: 20_000
                )
            }
        }
        var list = List()
        for row in rows {
            do {
                let isClosed: Int = try row.decode("is_closed") ?? 0
                list.wikis.append(
                    try MetaTable.description(
                        dbname: row.decode("dbname"),
                        language: row.decode("lang"),
                        name: row.decode("name"),
                        family: row.decode("family"),
                        url: row.decode("url"),
                        isClosed: isClosed != 0,
                        scriptPath: context.settings.scriptPath
                    )
                )
            } catch {
                list.unusable += 1
                context.logger.warning("a row of meta_p can't be used", metadata: ["perigee.error": "\(error)"])
            }
        }
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
