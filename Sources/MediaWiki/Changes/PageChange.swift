/// One line of a wiki's recent changes, or of its log of moves, that is about its namespace of modules.
package struct PageChange: Sendable, Equatable {
    /// The pages that it is about by id: the one that was changed, and the one that has its title now.
    package let pageIDs: [Int64]
    /// Titles in the namespace of modules whose page it doesn't tell by id.
    package let titles: [WikiTitle]
    /// The title at that time; `nil` where it wasn't in the namespace.
    package let title: WikiTitle?
    /// The revision that an edit made; `nil` for an entry of a log, after which anything may be different.
    package let revisionID: Int64?

    /// Makes a change.
    package init(pageIDs: [Int64], titles: [WikiTitle] = [], title: WikiTitle?, revisionID: Int64?) {
        self.pageIDs = pageIDs
        self.titles = titles
        self.title = title
        self.revisionID = revisionID
    }
}

/// A part of what changed in a wiki's namespace of modules.
package struct ChangeList: Sendable, Equatable {
    /// The newest first, those of the log of moves behind those of the recent changes.
    package let changes: [PageChange]
    /// What to ask for the next part with; `nil` after the last.
    package let next: [String: String]?
}
