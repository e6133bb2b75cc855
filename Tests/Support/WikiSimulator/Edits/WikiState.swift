/// One wiki at the moment: what edits have made of it lies over what follows from the seed.
struct WikiState: Sendable {
    let wiki: SimulatedWiki
    /// The pages that aren't as they were at first, deleted ones too.
    private(set) var changed: [Int64: PageRecord] = [:]
    /// Listed pages under another title than at first, by title.
    private var moved: [(title: [UInt8], id: Int64)] = []
    private(set) var deleted: [Int64] = []
    private(set) var outside: [Int64] = []
    private(set) var changes = 0
    private(set) var logEntries = 0
    private var nextPageID: Int64
    private var nextRevisionID: Int64

    init(_ wiki: SimulatedWiki) {
        self.wiki = wiki
        nextPageID = wiki.nextPageID
        nextRevisionID = wiki.nextRevisionID
    }

    // MARK: Reading

    /// The page with this id as it is now; deleted ones too.
    func page(id: Int64) -> PageRecord? { changed[id] ?? wiki.page(id: id) }

    /// The page that was at this place at first, as it is now.
    func page(at position: Int) -> PageRecord {
        let page = wiki.page(at: position)
        return changed[page.pageID] ?? page
    }

    /// The listed pages from a title on, in the order of titles.
    /// - Returns: at most `limit`, and the title of the one behind them.
    func list(from title: [UInt8], limit: Int) -> (pages: [PageRecord], next: [UInt8]?) {
        var pages: [PageRecord] = []
        var position = title.isEmpty ? 0 : wiki.position(from: title)
        var place = Self.place(of: title, in: moved)
        while true {
            let first = nextUnmoved(&position)
            let other = place < moved.count ? moved[place] : nil
            let page: PageRecord
            if let other, first.map({ other.title.lexicographicallyPrecedes($0.title) }) ?? true,
                let record = changed[other.id]
            {
                page = record
                place += 1
            } else if let first {
                page = first
                position += 1
            } else {
                return (pages, nil)
            }
            if pages.count == limit { return (pages, page.title) }
            pages.append(page)
        }
    }

    /// The next page that is listed under its first title, from `position` on.
    private func nextUnmoved(_ position: inout Int) -> PageRecord? {
        while position < wiki.pageCount {
            let page = wiki.page(at: position)
            guard let now = changed[page.pageID] else { return page }
            if now.isListed, now.title == page.title { return now }
            position += 1
        }
        return nil
    }

    // MARK: Writing

    mutating func put(_ page: PageRecord) {
        if let before = changed[page.pageID] {
            if let place = moved.firstIndex(where: { $0.id == page.pageID }) { moved.remove(at: place) }
            if before.isDeleted { deleted.removeAll { $0 == page.pageID } }
            if before.namespace != 828 { outside.removeAll { $0 == page.pageID } }
        }
        changed[page.pageID] = page
        if page.isDeleted { deleted.append(page.pageID) } else if page.namespace != 828 { outside.append(page.pageID) }
        if page.isListed, wiki.page(id: page.pageID)?.title != page.title {
            moved.insert((page.title, page.pageID), at: Self.place(of: page.title, in: moved))
        }
    }

    mutating func takePageID() -> Int64 {
        nextPageID += 1
        return nextPageID - 1
    }

    mutating func takeRevisionID() -> Int64 {
        nextRevisionID += 1
        return nextRevisionID - 1
    }

    /// The numbers of the next entry of recent changes.
    mutating func takeChangeIDs(isLogged: Bool) -> (change: Int64, log: Int64) {
        changes += 1
        if isLogged { logEntries += 1 }
        return (Int64(changes), isLogged ? Int64(logEntries) : 0)
    }

    private static func place(of title: [UInt8], in list: [(title: [UInt8], id: Int64)]) -> Int {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].title.lexicographicallyPrecedes(title) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
