import Catalog
import FoundationEssentials
import MariaDB
import MediaWiki

extension ModuleRow {
    /// The row of a page that is in the namespace and whose text, if it has one to keep, was fetched.
    init(
        _ info: PageInfo,
        revision: PageRevision?,
        dbname: String,
        observedAt: Timestamp,
        walk: UInt64
    ) {
        // The revision is what the text belongs to; the facts of the page may be of an earlier moment. Where they are of
        // the same revision, the page's length counts: it is what the next list is compared by.
        let contentModel = revision?.contentModel ?? info.contentModel
        let isEdited = revision.map { $0.revisionID != info.lastRevisionID } ?? false
        let text: [UInt8]? = if case .text(let bytes) = revision?.source { bytes } else { nil }
        let content: Content
        if contentModel != Self.scribunto {
            content = .none(.notScribunto)
        } else if let text {
            content = text.count <= Self.sourceLimit ? .source(text) : .none(.tooLarge)
        } else {
            content = .none(NoSourceReason(revision?.source))
        }
        self.init(
            dbname: dbname,
            pageID: UInt64(clamping: info.pageID),
            title: info.title.bytes,
            lastRevisionID: UInt64(clamping: revision?.revisionID ?? info.lastRevisionID),
            // Of pages that have no text to keep a list says nothing more: what a row has mustn't depend on the way by which
            // the page was seen.
            revisedAt: contentModel == Self.scribunto || info.isRedirect
                ? revision?.timestamp.map(Timestamp.init) : nil,
            contentModel: contentModel,
            length: isEdited ? revision?.length ?? info.length : info.length,
            content: content,
            isRedirect: info.isRedirect,
            redirectTarget: info.isRedirect
                ? text.flatMap { Self.target(of: $0, contentModel: contentModel) }?.prefixedTitle.bytes : nil,
            observedAt: observedAt,
            walk: walk
        )
    }

    /// The row of a page that was listed and whose text can't be had.
    init(
        unreadable info: PageInfo,
        reason: NoSourceReason,
        dbname: String,
        observedAt: Timestamp,
        walk: UInt64
    ) {
        self.init(
            dbname: dbname,
            pageID: UInt64(clamping: info.pageID),
            title: info.title.bytes,
            lastRevisionID: UInt64(clamping: info.lastRevisionID),
            revisedAt: nil,
            contentModel: info.contentModel,
            length: info.length,
            content: .none(reason),
            isRedirect: info.isRedirect,
            redirectTarget: nil,
            observedAt: observedAt,
            walk: walk
        )
    }

    private static func target(of text: [UInt8], contentModel: String) -> RedirectTarget? {
        contentModel == scribunto ? RedirectTarget(lua: text) : RedirectTarget(wikitext: text)
    }
}

extension NoSourceReason {
    /// Why a revision has no text.
    init(_ source: PageSource?) {
        self =
            switch source {
            case .hidden: .hidden
            case .suppressed: .suppressed
            case .textMissing, .noContent, .text, nil: .textMissing
            }
    }
}

extension Timestamp {
    /// The point in time that a date names, to the microsecond.
    init(_ date: Date) {
        self.init(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
    }
}

extension Date {
    /// The point in time that a timestamp names.
    init(_ time: Timestamp) {
        self.init(timeIntervalSince1970: Double(time.microseconds) / 1_000_000)
    }
}
