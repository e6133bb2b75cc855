/// How long wikis remember what has changed.
package struct Retention: Sendable, Codable, Equatable {
    /// Older entries aren't in recent changes any more. Source: `$wgRCMaxAge`, 30 days on Wikimedia.
    package var recentChanges: Duration
    /// The most entries that are kept for all wikis together, older ones first to go.
    package var entries: Int

    package init(recentChanges: Duration = .seconds(30 * 86_400), entries: Int = 200_000) {
        self.recentChanges = recentChanges
        self.entries = entries
    }
}

/// The latest changes of all wikis, in their order.
struct ChangeHistory: Sendable {
    private var entries: [Change] = []
    private var byWiki: [Int: [Int]] = [:]
    /// The offset of the first entry that is kept.
    private(set) var start = 0

    /// The offset of the next change.
    var end: Int { start + entries.count }

    subscript(offset: Int) -> Change { entries[offset - start] }

    /// Gives a change its offset and keeps it.
    mutating func append(_ change: inout Change, retention: Retention) {
        change.offset = end
        entries.append(change)
        byWiki[change.wiki, default: []].append(change.offset)
        // In halves, so that each entry is moved only now and then.
        guard entries.count > retention.entries else { return }
        let dropped = entries.count / 2
        for entry in entries.prefix(dropped) { byWiki[entry.wiki]?.removeFirst() }
        entries.removeFirst(dropped)
        start += dropped
    }

    /// Those of one wiki, oldest first.
    func changes(of wiki: Int) -> [Change] { (byWiki[wiki] ?? []).map { self[$0] } }

    /// The offset of the first change that isn't before a time in milliseconds.
    func offset(since time: Int64) -> Int {
        var (low, high) = (start, end)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
