import Catalog
package import Jobs
import MariaDB
import MediaWiki

/// Kind `modules`: makes the table `modules` say what a wiki's Module namespace has.
///
/// A walk lists all pages, 500 in a request; fetches the texts of those whose revision differs from the stored one, 50 in a
/// request; and then looks by page id at the rows that the list didn't have, since a page that was moved during the walk isn't
/// gone, and once more at those that the list had and that weren't there to be fetched. In the end it asks of earlier revisions
/// whose texts are kept whether they are still shown. Each batch is one transaction with its checkpoint.
package struct ModulesWork: Work {
    package let kind = JobKind.modules

    package init() {}

    package func run(_ context: WorkContext) async throws -> [String: UInt64] {
        let table = WikiTable(context.pool)
        guard let record = try await table.record(context.wiki) else {
            throw CannotBeDone("\(context.wiki) isn't in the table of wikis any more")
        }
        let wiki = try WikiDescription(record)
        guard context.settings.hasContact || !UserAgent.requiresContact(wiki.url) else {
            throw CannotBeDone.withoutContact
        }
        let resumed = try await context.resume(ModuleWalk.self)
        if let resumed, resumed.phase == .done { return resumed.counts.byName }
        let api = ActionAPI(client: context.http, wiki: wiki, maxlag: context.settings.maximumLag)
        let session = ModuleWalkSession(context: context, api: api)
        let site = try await context.request { try await api.siteInfo() }
        let beganAt = Timestamp(site.serverTime)
        var walk = resumed ?? ModuleWalk(beganAt: beganAt.microseconds)
        session.carry(walk.counts)
        guard let namespace = site.moduleNamespace else {
            walk.phase = .done
            try await session.commit(&walk) { transaction in
                try await WikiTable.noteWalk(
                    of: context.wiki,
                    namespace: nil,
                    license: WikiLicense(site.rights),
                    result: .noNamespace,
                    startedAt: beganAt,
                    in: transaction
                )
            }
            return walk.counts.byName
        }
        try await session.list(&walk)
        try await session.checkUnseen(&walk)
        try await session.checkRevisions(&walk)
        walk.phase = .done
        try await session.commit(&walk) { [beganAt = walk.beganAt] transaction in
            try await WikiTable.noteWalk(
                of: context.wiki,
                namespace: Array(namespace.name.utf8),
                license: WikiLicense(site.rights),
                result: .walked,
                startedAt: Timestamp(microseconds: beganAt),
                in: transaction
            )
        }
        return walk.counts.byName
    }
}

extension WikiLicense {
    init(_ rights: SiteInfo.Rights) { self.init(name: rights.name, url: rights.url) }
}

extension WikiDescription {
    /// The wiki of a row, as far as its API needs it.
    init(_ record: WikiRecord) throws {
        try self.init(
            dbname: record.dbname,
            url: record.url,
            language: record.lang,
            family: record.family,
            isClosed: record.isClosed,
            isPrivate: record.isPrivate,
            isFishbowl: record.isFishbowl
        )
    }
}
