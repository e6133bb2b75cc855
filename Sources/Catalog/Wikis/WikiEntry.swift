/// One wiki, as a list of wikis names it.
package struct WikiEntry: Sendable, Equatable {
    /// The name of its database, such as `enwiki`.
    package var dbname: String
    /// What `/api.php` is appended to.
    package var url: String
    /// The name of the site: the wikis that share one rate limit.
    package var site: String
    /// Its language code.
    package var lang: String
    /// Its family, such as `wikipedia`.
    package var family: String
    /// Whether it takes no edits any more.
    package var isClosed: Bool
    /// Whether only its users can read it: it is listed, but not harvested.
    package var isPrivate: Bool
    /// Whether only its users can edit it.
    package var isFishbowl: Bool

    /// Describes a wiki.
    package init(
        dbname: String,
        url: String,
        site: String,
        lang: String,
        family: String,
        isClosed: Bool = false,
        isPrivate: Bool = false,
        isFishbowl: Bool = false
    ) {
        self.dbname = dbname
        self.url = url
        self.site = site
        self.lang = lang
        self.family = family
        self.isClosed = isClosed
        self.isPrivate = isPrivate
        self.isFishbowl = isFishbowl
    }
}

/// The kind of list that named a wiki.
package enum WikiSourceName: String, Sendable, CaseIterable {
    /// The Action API's site matrix.
    case api
    /// The table `meta_p.wiki` of the replicas.
    case meta
    /// A list in a file.
    case list
}

/// What became of the wikis when a list was taken over.
package struct WikiSyncCounts: Sendable, Equatable {
    /// Not known before.
    package var added = 0
    /// Known, and something about them is different.
    package var changed = 0
    /// Known, and as they were; or known better from a later list.
    package var unchanged = 0
    /// Named by a list of this kind before and not by this one.
    package var vanished = 0
    /// Marked as vanished before, and named again.
    package var returned = 0

    /// All zero.
    package init() {}
}

/// A list of wikis can't be taken over; nothing was changed.
package struct WikiListError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why not.
    package enum Problem: Sendable, Equatable, CustomStringConvertible {
        /// It names no wiki that can be used. Taken at its word, it would mark all of them as vanished.
        case empty
        /// The field of this wiki is empty or has more bytes than the table holds.
        case badField(wiki: String, name: String, limit: Int)
        /// It names a wiki twice.
        case duplicate(wiki: String)

        /// The name of the wiki that it is about; `nil` when it is about the list.
        package var wiki: String? {
            switch self {
            case .empty: nil
            case .badField(let wiki, _, _), .duplicate(let wiki): wiki
            }
        }

        package var description: String {
            switch self {
            case .empty: "the list of wikis names none that can be used"
            case .badField(let wiki, let name, let limit):
                "the list of wikis has a \(name) for \"\(wiki)\" that isn't 1 to \(limit) bytes long"
            case .duplicate(let wiki): "the list of wikis names \"\(wiki)\" more than once"
            }
        }
    }

    /// Why not.
    package let problem: Problem

    package var description: String { "\(problem): nothing was changed" }
}
