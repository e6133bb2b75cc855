import Catalog
import FoundationEssentials
import MediaWiki

/// What a wiki's lists of changes name.
struct ChangedPages {
    /// What the wiki says of itself, and its clock before the first of the lists.
    let site: SiteInfo
    /// How many lines the lists have.
    let lines: Int
    /// The pages to look at; `nil` when there are so many that a walk is no more work.
    let pages: [ModuleWalk.Changed]?
}

extension ModuleWalkSession {
    /// Lists of changes in more parts are left alone: a walk needs no more requests than that, but on very few wikis.
    private static let maximumParts = 20
    /// So many changed pages are looked at; they are all in each checkpoint.
    private static let maximumPages = 2000

    /// Asks which pages have changed since a time.
    func changedPages(since time: Date) async throws -> ChangedPages {
        let (site, first) = try await context.request { try await api.changes(since: time) }
        var changes = first.changes
        var next = first.next
        var parts = 1
        while let continuation = next {
            guard parts < Self.maximumParts else {
                return ChangedPages(site: site, lines: changes.count, pages: nil)
            }
            let part: ChangeList
            do {
                part = try await context.request { try await api.changes(since: time, continuation: continuation) }
            } catch let error as APIError where error.kind == .badContinue {
                return ChangedPages(site: site, lines: changes.count, pages: nil)
            }
            changes += part.changes
            next = part.next
            parts += 1
        }
        var pages = try await outdated(ChangeSummary(changes))
        for (id, mayBeGone) in try await resolve(changes.flatMap(\.titles)) where pages[id] != true {
            pages[id] = mayBeGone
        }
        guard pages.count <= Self.maximumPages else {
            return ChangedPages(site: site, lines: changes.count, pages: nil)
        }
        return ChangedPages(
            site: site,
            lines: changes.count,
            pages: pages.sorted { $0.key < $1.key }.map { ModuleWalk.Changed(id: $0.key, mayBeGone: $0.value) }
        )
    }

    /// Looks at the pages, in as many requests as they need.
    func checkChanged(_ walk: inout ModuleWalk) async throws {
        while let changed = walk.changed, !changed.isEmpty {
            let slice = changed.prefix(api.pagesPerRequest)
            let kept = slice.filter { !$0.mayBeGone }.map(\.id)
            try await fetch(slice.map(\.id), keeping: Set(kept), &walk)
        }
    }

    /// Without those that were only edited and whose row has the revision: windows overlap, and most of what is in one has
    /// been in the one before. By page id, with whether it may be gone.
    private func outdated(_ summary: ChangeSummary) async throws -> [Int64: Bool] {
        let edited = summary.edits.keys.sorted()
        var pages = Dictionary(summary.logged.map { ($0, true) }, uniquingKeysWith: { first, _ in first })
        for start in stride(from: 0, to: edited.count, by: 500) {
            let ids = edited[start..<min(start + 500, edited.count)]
            let stored = try await modules.stored(context.wiki, ids.map { UInt64(clamping: $0) })
            for id in ids {
                guard let edit = summary.edits[id] else { continue }
                if stored[UInt64(clamping: id)]?.has(edit) != true { pages[id] = false }
            }
        }
        return pages
    }

    /// The pages that have these titles, in the tables or on the wiki.
    private func resolve(_ titles: [WikiTitle]) async throws -> [Int64: Bool] {
        let titles = Set(titles).sorted().prefix(Self.maximumPages)
        var pages: [Int64: Bool] = [:]
        for start in stride(from: 0, to: titles.count, by: api.pagesPerRequest) {
            let slice = Array(titles[start..<min(start + api.pagesPerRequest, titles.count)])
            for id in try await context.request({ try await api.pageIDs(titles: slice) }) { pages[id] = false }
            for id in try await modules.pages(context.wiki, titled: slice.map(\.bytes)) {
                pages[Int64(clamping: id)] = true
            }
        }
        return pages
    }
}

/// What the lists come to, by page id.
struct ChangeSummary: Equatable {
    /// The newest edit of a page of which no log tells anything.
    struct Edit: Equatable {
        let revisionID: Int64
        let title: WikiTitle
    }

    private(set) var edits: [Int64: Edit] = [:]
    private(set) var logged: Set<Int64> = []

    /// - Parameter changes: of each page the newest edit first.
    init(_ changes: [PageChange]) {
        for change in changes {
            for id in change.pageIDs {
                if let revision = change.revisionID, let title = change.title {
                    if edits[id] == nil { edits[id] = Edit(revisionID: revision, title: title) }
                } else {
                    logged.insert(id)
                }
            }
        }
        for id in logged { edits[id] = nil }
    }
}

extension StoredModule {
    /// Whether the row is as the edit has left the page.
    fileprivate func has(_ edit: ChangeSummary.Edit) -> Bool {
        deletedAt == nil && reason != .missing && lastRevisionID == UInt64(clamping: edit.revisionID)
            && title == edit.title.bytes
    }
}
