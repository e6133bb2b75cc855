extension WikiState {
    /// Does something to a page, or something else where that isn't possible now.
    /// - Parameters:
    ///   - number: decides on page, title and text.
    ///   - time: in milliseconds since 1970.
    /// - Returns: `nil` when nothing can be done on this wiki.
    mutating func apply(_ action: EditAction, number: UInt64, time: Int64) -> Change? {
        switch action {
        case .create: return insert(title: freshTitle(number), action, number, time)
        case .restore:
            guard let page = pick(deleted, number) else { break }
            return restore(page, time)
        case .recreate:
            guard let page = pick(deleted, number), page.namespace == 828, !isTaken(page.title) else { break }
            return insert(title: page.title, action, number, time)
        case .moveIn:
            guard var page = pick(outside, number) else {
                return moveIn(stranger(number, time), action, number, time)
            }
            page.timestamp = time / 1000
            return moveIn(page, action, number, time)
        case .edit, .move, .moveOut, .delete, .model, .hide, .suppress: break
        }
        guard let page = anyPage(number) else { return insert(title: freshTitle(number), .create, number, time) }
        switch action {
        case .restore, .recreate: return edit(page, .edit, number, time)
        case .move: return move(page, to: 828, freshTitle(number), action, time)
        case .moveOut: return move(page, to: 2, Array("Ada/".utf8) + freshTitle(number), action, time)
        case .delete: return delete(page, time)
        case .suppress: return suppress(page, time)
        case .create, .moveIn, .edit, .model, .hide: return edit(page, action, number, time)
        }
    }

    // MARK: Choosing

    private func anyPage(_ number: UInt64) -> PageRecord? {
        guard wiki.pageCount > 0 else { return nil }
        for attempt in 0..<8 {
            let page = page(at: Int(Chance.number(number, UInt64(attempt), 20) % UInt64(wiki.pageCount)))
            if page.isListed { return page }
        }
        return nil
    }

    private func pick(_ ids: [Int64], _ number: UInt64) -> PageRecord? {
        ids.isEmpty ? nil : changed[ids[Int(number % UInt64(ids.count))]]
    }

    private func freshTitle(_ number: UInt64) -> [UInt8] {
        wiki.titles.fresh(Chance.number(number, 21), unique: UInt64(changes))
    }

    private func isTaken(_ title: [UInt8]) -> Bool { list(from: title, limit: 1).pages.first?.title == title }

    // MARK: Doing

    private func newText(_ number: UInt64, _ old: TextReference? = nil) -> TextReference {
        let length = TextReference.length(by: Chance.number(number, 22))
        if let old, old.form == .lua { return old.edited(version: old.version + 1, length: length) }
        return TextReference(.lua, family: Chance.number(number, 23) | 1 << 63, length: length)
    }

    private mutating func insert(
        title: [UInt8],
        _ action: EditAction,
        _ number: UInt64,
        _ time: Int64
    ) -> Change {
        let page = PageRecord(
            pageID: takePageID(),
            namespace: 828,
            title: title,
            lastRevisionID: takeRevisionID(),
            parentRevisionID: 0,
            timestamp: time / 1000,
            model: .scribunto,
            text: newText(number),
            visibility: .visible,
            isRedirect: false,
            isDeleted: false
        )
        put(page)
        return change(.new, action, before: nil, page, time)
    }

    private mutating func edit(
        _ before: PageRecord,
        _ action: EditAction,
        _ number: UInt64,
        _ time: Int64
    ) -> Change {
        var page = before
        page.parentRevisionID = before.lastRevisionID
        page.lastRevisionID = takeRevisionID()
        page.timestamp = time / 1000
        page.visibility = action == .hide ? .hidden : .visible
        page.isRedirect = false
        if action == .model, before.model == .scribunto {
            page.model = .wikitext
            page.text = TextReference(.wikitext, family: number, length: 120)
        } else {
            page.model = .scribunto
            page.text = newText(number, before.text)
        }
        put(page)
        return change(.edit, action, before: before, page, time)
    }

    private mutating func move(
        _ before: PageRecord,
        to namespace: Int,
        _ title: [UInt8],
        _ action: EditAction,
        _ time: Int64
    ) -> Change {
        var page = before
        page.namespace = namespace
        page.title = title
        page.parentRevisionID = before.lastRevisionID
        page.lastRevisionID = takeRevisionID()
        page.timestamp = time / 1000
        // The null revision of a move is a new one, which nobody has hidden.
        if page.visibility != .lost { page.visibility = .visible }
        put(page)
        return change(.move, action, before: before, page, time)
    }

    private mutating func moveIn(
        _ page: PageRecord,
        _ action: EditAction,
        _ number: UInt64,
        _ time: Int64
    ) -> Change {
        move(page, to: 828, freshTitle(number), action, time)
    }

    /// A page that was a user's own since ever.
    private mutating func stranger(_ number: UInt64, _ time: Int64) -> PageRecord {
        PageRecord(
            pageID: takePageID(),
            namespace: 2,
            title: Array("Boris/draft_\(number % 1000)".utf8),
            lastRevisionID: takeRevisionID(),
            parentRevisionID: 0,
            timestamp: time / 1000,
            model: .scribunto,
            text: newText(number),
            visibility: .visible,
            isRedirect: false,
            isDeleted: false
        )
    }

    private mutating func delete(_ before: PageRecord, _ time: Int64) -> Change {
        var page = before
        page.isDeleted = true
        put(page)
        return change(.delete, .delete, before: before, page, time)
    }

    private mutating func restore(_ before: PageRecord, _ time: Int64) -> Change {
        var page = before
        page.isDeleted = false
        if isTaken(page.title) { page.title = freshTitle(UInt64(page.pageID)) }
        put(page)
        return change(.restore, .restore, before: nil, page, time)
    }

    private mutating func suppress(_ before: PageRecord, _ time: Int64) -> Change {
        var page = before
        page.visibility = .suppressed
        put(page)
        return change(.revision, .suppress, before: before, page, time)
    }

    private mutating func change(
        _ kind: Change.Kind,
        _ action: EditAction,
        before: PageRecord?,
        _ page: PageRecord,
        _ time: Int64
    ) -> Change {
        let ids = takeChangeIDs(isLogged: kind.isLogged)
        let hasRevision = kind == .edit || kind == .new || kind == .move
        return Change(
            offset: 0,
            wiki: wiki.index,
            changeID: ids.change,
            logID: ids.log,
            kind: kind,
            action: action,
            pageID: page.pageID,
            namespace: (before ?? page).namespace,
            title: (before ?? page).title,
            targetNamespace: page.namespace,
            targetTitle: page.title,
            revisionID: hasRevision ? page.lastRevisionID : 0,
            oldRevisionID: kind == .edit || kind == .revision ? before?.lastRevisionID ?? 0 : 0,
            oldLength: kind == .edit ? before?.length ?? 0 : 0,
            newLength: kind == .edit || kind == .new ? page.length : 0,
            time: time
        )
    }
}
