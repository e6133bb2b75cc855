package import MariaDB

/// A page of the namespace of modules, as a wiki showed it at one time.
package struct ModuleRow: Sendable, Equatable {
    /// What is known of its text.
    package enum Content: Sendable, Equatable {
        /// The text, as the wiki gave it.
        case source([UInt8])
        /// It has none here.
        case none(NoSourceReason)
    }

    /// The largest source that is stored, in bytes; MediaWiki's limit is 2 MiB (`$wgMaxArticleSize`).
    package static let sourceLimit = 8 << 20
    /// The content model of Lua modules.
    package static let scribunto = "Scribunto"

    /// The wiki's database name.
    package var dbname: String
    /// The number that the page keeps when it is moved.
    package var pageID: UInt64
    /// As `page_title`: underscores for spaces, no namespace. Bytes, since nothing makes them valid UTF-8.
    package var title: [UInt8]
    /// The newest revision.
    package var lastRevisionID: UInt64
    /// When that revision was made, to the second.
    package var revisedAt: Timestamp?
    /// Such as `Scribunto`, `wikitext` or `json`.
    package var contentModel: String
    /// Bytes, as the wiki has stored the page.
    package var length: Int
    /// What is known of its text.
    package var content: Content
    /// Whether the wiki takes it for a redirect.
    package var isRedirect: Bool
    /// The full title of the redirect's target, as written; more than 512 bytes are no title and not stored.
    package var redirectTarget: [UInt8]?
    /// When the wiki showed it like this, by the wiki's clock.
    package var observedAt: Timestamp
    /// The walk (the job) that saw it.
    package var walk: UInt64

    /// Describes a page.
    package init(
        dbname: String,
        pageID: UInt64,
        title: [UInt8],
        lastRevisionID: UInt64,
        revisedAt: Timestamp? = nil,
        contentModel: String,
        length: Int,
        content: Content,
        isRedirect: Bool = false,
        redirectTarget: [UInt8]? = nil,
        observedAt: Timestamp,
        walk: UInt64
    ) {
        self.dbname = dbname
        self.pageID = pageID
        self.title = title
        self.lastRevisionID = lastRevisionID
        self.revisedAt = revisedAt
        self.contentModel = contentModel
        self.length = length
        self.content = content
        self.isRedirect = isRedirect
        self.redirectTarget = redirectTarget
        self.observedAt = observedAt
        self.walk = walk
    }
}

extension ModuleRow {
    /// Whether its revision belongs to the history: it is Lua, and its text or why it can't be read is known.
    var isHistory: Bool {
        switch content {
        case .source: contentModel == Self.scribunto
        case .none(let reason): contentModel == Self.scribunto && reason.isOfRevision
        }
    }

    /// The order of the primary key, and of one page's observations by time.
    static func keyOrder(_ left: ModuleRow, _ right: ModuleRow) -> Bool {
        if !left.dbname.utf8.elementsEqual(right.dbname.utf8) {
            return left.dbname.utf8.lexicographicallyPrecedes(right.dbname.utf8)
        }
        return (left.pageID, left.observedAt) < (right.pageID, right.observedAt)
    }
}
