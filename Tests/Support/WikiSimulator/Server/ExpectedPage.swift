import Crypto

/// A row that the table of modules has to have after a walk without faults.
package struct ExpectedPage: Sendable, Equatable {
    package let dbname: String
    package let pageID: Int64
    /// In database form, without the namespace.
    package let title: [UInt8]
    package let lastRevisionID: Int64
    package let contentModel: String
    package let length: Int
    /// In hexadecimal; empty for pages without a text to keep.
    package let sha1: String
    package let isRedirect: Bool
    /// Why there is no text: `not_scribunto`, `hidden`, `suppressed`, `text_missing`; `nil` for one that there is.
    package let reason: String?

    init(_ page: PageRecord, of wiki: SimulatedWiki) {
        dbname = wiki.dbname
        pageID = page.pageID
        title = page.title
        lastRevisionID = page.lastRevisionID
        contentModel = page.model.rawValue
        length = page.length
        isRedirect = page.isRedirect
        reason =
            switch (page.model, page.visibility) {
            case (.scribunto, .visible): nil
            case (.scribunto, .hidden): "hidden"
            case (.scribunto, .suppressed): "suppressed"
            case (.scribunto, .lost): "text_missing"
            default: "not_scribunto"
            }
        sha1 =
            reason == nil
            ? Insecure.SHA1.hash(data: page.text.bytes)
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() : ""
    }

    /// The names of the columns of ``line``.
    package static let header = "dbname\tpage_id\ttitle\tlastrevid\tcontent_model\tlength\tsha1\tis_redirect\treason"

    /// Its columns, separated by tabs.
    package var line: String {
        "\(dbname)\t\(pageID)\t\(String(decoding: title, as: UTF8.self))\t\(lastRevisionID)\t\(contentModel)\t\(length)"
            + "\t\(sha1)\t\(isRedirect ? 1 : 0)\t\(reason ?? "")"
    }
}
