import MariaDB

/// For how many days what is kept; 0 for ever.
package struct RetentionSettings: Sendable, Equatable {
    /// What is kept only for a time.
    package enum Item: String, Sendable, CaseIterable {
        /// Ended runs with their jobs, and all that belongs to those.
        case runs
        /// What happened to jobs that have ended.
        case events
        /// Workers that have left or were lost.
        case workers
        /// The texts of pages that are gone, earlier ones too. Their rows stay.
        case deletedTexts = "deleted_texts"
        /// The rows of pages that are gone, with their history.
        case deletedPages = "deleted_pages"
        /// Earlier revisions of pages, by when they were first seen.
        case history
        /// Sources that no row refers to, by when they were first seen.
        case sources
    }

    private var days: [Item: Int] = [
        .runs: 90, .events: 30, .workers: 30, .deletedTexts: 30, .deletedPages: 365, .history: 0, .sources: 7,
    ]

    /// What holds when nobody says otherwise.
    package init() {}

    /// The days of an item.
    package subscript(item: Item) -> Int {
        get { days[item] ?? 0 }
        set { days[item] = newValue }
    }

    /// What is older than this goes; `nil` for what is kept for ever.
    func limit(of item: Item, at now: Timestamp) -> Timestamp? {
        let days = self[item]
        return days > 0 ? now.advanced(by: .seconds(-86_400 * days)) : nil
    }
}
