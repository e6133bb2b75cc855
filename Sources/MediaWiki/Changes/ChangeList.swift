package import FoundationEssentials
import HTTPFetch

extension ActionAPI {
    /// What the wiki is, and what has changed in its namespace of modules since a time, in one request: the newest changes,
    /// as many as the wiki gives at once.
    ///
    /// A wiki without that namespace has no changes. Source: API:RecentChanges, API:Logevents. Edits, new pages, deletions,
    /// restorations, hidden revisions, imports and moves out are in the recent changes of the namespace; a move into it
    /// stands under the namespace that the page was in, so that the log of all moves is asked for too. A move leaves a
    /// redirect behind without a word: the log names the page that has the old title now.
    /// - Throws: ``APIError``; with `wrongWiki` when another wiki answers than the description names.
    package func changes(since time: Date) async throws(APIError) -> (site: SiteInfo, list: ChangeList) {
        let body = try await call(
            Self.changesParameters(since: time) + siteInfoQuestion
        )
        let site = try siteInfo(in: body)
        // Without the namespace the list isn't limited to it.
        guard site.moduleNamespace != nil else { return (site, ChangeList(changes: [], next: nil)) }
        return (site, try changeList(in: body, after: [:]))
    }

    /// The next part of ``changes(since:)``, with the same time.
    /// - Throws: ``APIError``; with `badContinue` when the continuation isn't valid any more.
    package func changes(since time: Date, continuation: [String: String]) async throws(APIError) -> ChangeList {
        let body = try await call(
            Self.changesParameters(since: time)
                + continuation.sorted { $0.key < $1.key }.map { HTTPFormField($0.key, $0.value) }
        )
        return try changeList(in: body, after: continuation)
    }

    private static func changesParameters(since time: Date) -> [HTTPFormField] {
        let end = time.formatted(.iso8601)
        return [
            HTTPFormField("action", "query"), HTTPFormField("list", "recentchanges|logevents"),
            HTTPFormField("rcnamespace", "\(moduleNamespace)"), HTTPFormField("rctype", "edit|new|log"),
            HTTPFormField("rcprop", "title|ids"), HTTPFormField("rclimit", "max"),
            HTTPFormField("rcend", end), HTTPFormField("letype", "move"),
            HTTPFormField("leprop", "ids|title|details"), HTTPFormField("lelimit", "max"),
            HTTPFormField("leend", end),
        ]
    }

    private func changeList(in body: [UInt8], after sent: [String: String]) throws(APIError) -> ChangeList {
        let answer = try decode(ChangesAnswer.self, from: body)
        if let next = answer.continuation, next.isEmpty || next == sent {
            throw unexpected("a list of changes that doesn't go on")
        }
        return ChangeList(
            changes: (answer.query?.recentchanges ?? []).compactMap(\.change)
                + (answer.query?.logevents ?? []).compactMap(\.change),
            next: answer.continuation
        )
    }

    /// The ids of the pages that have these titles in the namespace of modules now, at most 50 titles. Titles without a
    /// page are left out.
    /// - Throws: ``APIError``.
    package func pageIDs(titles: [WikiTitle]) async throws(APIError) -> [Int64] {
        let names = titles.map { "Module:" + $0.text }.joined(separator: "|")
        let answer = try await query(
            [HTTPFormField("titles", names), HTTPFormField("prop", "info")],
            continuation: [:]
        )
        return answer.pages.compactMap { $0.missing?.isSet == true ? nil : $0.pageid }.filter { $0 > 0 }
    }
}

/// An answer with the lists of changes, format version 2.
private struct ChangesAnswer: Decodable {
    let query: Query?
    let continuation: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case query
        case continuation = "continue"
    }

    struct Query: Decodable {
        let recentchanges: [RecentChange]?
        let logevents: [LogEvent]?
    }

    /// Names of pages are absent where an administrator has hidden them.
    struct RecentChange: Decodable {
        let type: String
        let ns: Int?
        let title: String?
        let pageid: Int64?
        let revid: Int64?

        var change: PageChange? {
            guard ns == ActionAPI.moduleNamespace, let title else { return nil }
            let name = WikiTitle(apiText: title, namespace: ActionAPI.moduleNamespace)
            let id = pageid.flatMap { $0 > 0 ? $0 : nil }
            let isEdit = type == "edit" || type == "new"
            return PageChange(
                pageIDs: id.map { [$0] } ?? [],
                titles: id == nil ? [name] : [],
                title: name,
                revisionID: isEdit ? revid : nil
            )
        }
    }

    struct LogEvent: Decodable {
        let ns: Int?
        let title: String?
        /// The page that has the title now.
        let pageid: Int64?
        /// The page that was moved.
        let logpage: Int64?
        let params: Parameters?

        struct Parameters: Decodable {
            let target_ns: Int?
            let target_title: String?
        }

        private enum CodingKeys: String, CodingKey { case ns, title, pageid, logpage, params }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            ns = try container.decodeIfPresent(Int.self, forKey: .ns)
            title = try container.decodeIfPresent(String.self, forKey: .title)
            pageid = try container.decodeIfPresent(Int64.self, forKey: .pageid)
            logpage = try container.decodeIfPresent(Int64.self, forKey: .logpage)
            // Entries of old versions of MediaWiki have them in other forms.
            params = try? container.decodeIfPresent(Parameters.self, forKey: .params)
        }

        var change: PageChange? {
            let source = ns == ActionAPI.moduleNamespace ? title : nil
            let target = params?.target_ns == ActionAPI.moduleNamespace ? params?.target_title : nil
            guard source != nil || target != nil else { return nil }
            // Where the source is outside the namespace, what is left behind there is no matter.
            let ids = [logpage, source == nil ? nil : pageid].compactMap { $0.flatMap { $0 > 0 ? $0 : nil } }
            let moved = logpage.map { $0 > 0 } ?? false
            return PageChange(
                pageIDs: ids,
                titles: moved
                    ? []
                    : [source, target].compactMap(\.self).map {
                        WikiTitle(apiText: $0, namespace: ActionAPI.moduleNamespace)
                    },
                title: source.map { WikiTitle(apiText: $0, namespace: ActionAPI.moduleNamespace) },
                revisionID: nil
            )
        }
    }
}
