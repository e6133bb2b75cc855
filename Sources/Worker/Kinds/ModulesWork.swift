import Catalog
import FoundationEssentials
package import Jobs
import MariaDB
import MediaWiki

/// Kind `modules`: makes the table `modules` say what a wiki's Module namespace has.
///
/// A job for what has changed asks the wiki's lists of changes, and fetches the pages that they name by id. Where those lists
/// don't reach back far enough it is a walk after all.
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
        let api = try await context.api(of: wiki)
        let session = ModuleWalkSession(context: context, api: api)
        var (walk, site) = try await begin(session, resumed, record)
        session.carry(walk.counts)
        switch (walk.phase, site.moduleNamespace) {
        case (.checkingChanged, _): try await checkChanged(&walk, session)
        case (_, nil): try await finish(&walk, session, namespace: nil, WikiLicense(site.rights))
        case (_, let namespace?):
            try await session.list(&walk)
            try await session.checkUnseen(&walk)
            try await session.checkRevisions(&walk)
            try await finish(&walk, session, namespace: Array(namespace.name.utf8), WikiLicense(site.rights))
        }
        return walk.counts.byName
    }

    /// Asks the wiki what it is; and what has changed, where that is all that is wanted and where its lists reach back far
    /// enough.
    private func begin(
        _ session: ModuleWalkSession,
        _ resumed: ModuleWalk?,
        _ record: WikiRecord
    ) async throws -> (ModuleWalk, SiteInfo) {
        let context = session.context
        if let resumed { return (resumed, try await context.request { try await session.api.siteInfo() }) }
        // What a stream tells from here on may come too late for this walk.
        let hint = try await WikiChanges(context.pool).hint(of: context.wiki)
        func walk(_ site: SiteInfo) -> ModuleWalk {
            var walk = ModuleWalk(beganAt: Timestamp(site.serverTime).microseconds)
            walk.hint = hint
            return walk
        }
        let isForChanges = context.shard == ModulesParameters.changedShard
        guard isForChanges, let until = record.changesUntil, record.walkResult == .walked else {
            let site = try await context.request { try await session.api.siteInfo() }
            var walk = walk(site)
            if isForChanges, site.moduleNamespace != nil { walk.counts.walkedForAge = 1 }
            return (walk, site)
        }
        let overlap = context.settings.changesOverlap
        let found = try await session.changedPages(since: Date(until.advanced(by: .zero - overlap)))
        var begun = walk(found.site)
        guard found.site.moduleNamespace != nil else { return (begun, found.site) }
        begun.counts.changes = UInt64(found.lines)
        let age = until.duration(to: Timestamp(found.site.serverTime))
        if age < .zero - overlap || age + overlap > context.settings.changesReach {
            begun.counts.walkedForAge = 1
        } else if let pages = found.pages {
            begun.phase = .checkingChanged
            begun.changed = pages
        } else {
            begun.counts.walkedForNumber = 1
        }
        return (begun, found.site)
    }

    private func checkChanged(_ walk: inout ModuleWalk, _ session: ModuleWalkSession) async throws {
        try await session.checkChanged(&walk)
        walk.phase = .done
        let wiki = session.context.wiki
        try await session.commit(&walk) {
            [until = Timestamp(microseconds: walk.beganAt), hint = walk.hint] transaction in
            try await WikiTable.noteChanges(of: wiki, until: until, in: transaction)
            if let hint { try await WikiChanges.forget(hint, of: wiki, in: transaction) }
        }
    }

    /// - Parameter namespace: the local name of the namespace of modules; `nil` for a wiki without.
    private func finish(
        _ walk: inout ModuleWalk,
        _ session: ModuleWalkSession,
        namespace: [UInt8]?,
        _ license: WikiLicense
    ) async throws {
        walk.phase = .done
        let wiki = session.context.wiki
        try await session.commit(&walk) {
            [beganAt = Timestamp(microseconds: walk.beganAt), hint = walk.hint] transaction in
            try await WikiTable.noteWalk(
                of: wiki,
                namespace: namespace,
                license: license,
                result: namespace == nil ? .noNamespace : .walked,
                startedAt: beganAt,
                in: transaction
            )
            if let hint { try await WikiChanges.forget(hint, of: wiki, in: transaction) }
        }
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
