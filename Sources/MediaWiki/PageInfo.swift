package import FoundationEssentials

/// What the API says of a page without its text (`prop=info`).
package struct PageInfo: Sendable, Equatable {
    /// The page's id: it stays when the page is moved.
    package let pageID: Int64
    /// The number of its namespace.
    package let namespace: Int
    /// The title within the namespace.
    package let title: WikiTitle
    /// The id of the latest revision: the only sign of an edit.
    package let lastRevisionID: Int64
    /// The length in bytes of the stored text, which the API's text may differ from by Unicode normalisation.
    package let length: Int
    /// The content model, such as `Scribunto`, `wikitext`, `json`.
    package let contentModel: String
    /// Whether the page is a redirect.
    package let isRedirect: Bool

    /// Makes the facts of a page.
    package init(
        pageID: Int64,
        namespace: Int,
        title: WikiTitle,
        lastRevisionID: Int64,
        length: Int,
        contentModel: String,
        isRedirect: Bool
    ) {
        self.pageID = pageID
        self.namespace = namespace
        self.title = title
        self.lastRevisionID = lastRevisionID
        self.length = length
        self.contentModel = contentModel
        self.isRedirect = isRedirect
    }
}

/// The text of a revision, or why there is none.
package enum PageSource: Sendable, Equatable {
    /// The text as the API gives it: UTF-8 in Unicode NFC.
    case text([UInt8])
    /// An administrator has hidden it.
    case hidden
    /// It is hidden from administrators too.
    case suppressed
    /// The wiki has lost it.
    case textMissing
    /// There is none for another reason, in words.
    case noContent(reason: String)
}

/// A revision of a page.
package struct PageRevision: Sendable, Equatable {
    /// The revision's id.
    package let revisionID: Int64
    /// When it was made.
    package let timestamp: Date?
    /// The length in bytes of the stored text; `nil` when it isn't given.
    package let length: Int?
    /// The content model of the revision; `nil` when it isn't given.
    package let contentModel: String?
    /// The text.
    package let source: PageSource

    /// Makes a revision.
    package init(revisionID: Int64, timestamp: Date?, length: Int?, contentModel: String?, source: PageSource) {
        self.revisionID = revisionID
        self.timestamp = timestamp
        self.length = length
        self.contentModel = contentModel
        self.source = source
    }
}

/// What became of the question for one page: it ends as exactly one of these.
package enum PageOutcome: Sendable, Equatable {
    /// The page is there.
    case present(PageInfo, PageRevision)
    /// There is no page of this id.
    case missing
    /// The id can't be one of a page.
    case invalid
    /// Its text doesn't fit an answer of this wiki, even alone.
    case tooLarge(PageInfo?)
}

/// The answer for one page.
package struct PageAnswer: Sendable, Equatable {
    /// The id that was asked for.
    package let pageID: Int64
    /// What became of it.
    package let outcome: PageOutcome

    /// Makes the answer for a page.
    package init(pageID: Int64, outcome: PageOutcome) {
        self.pageID = pageID
        self.outcome = outcome
    }
}
