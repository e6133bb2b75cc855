/// A page as a wiki has it at one moment, with all but its text, which follows from ``text``.
package struct PageRecord: Sendable, Equatable {
    /// What a page holds.
    package enum Model: String, Sendable, Codable {
        case scribunto = "Scribunto"
        case wikitext, json
        case styles = "sanitized-css"

        /// The form in which the API gives it.
        var format: String {
            switch self {
            case .scribunto: "text/plain"
            case .wikitext: "text/x-wiki"
            case .json: "application/json"
            case .styles: "text/css"
            }
        }
    }

    /// Who may read its latest revision.
    package enum Visibility: String, Sendable, Codable {
        case visible, hidden, suppressed, lost
    }

    package var pageID: Int64
    package var namespace: Int
    /// In database form, without the namespace.
    package var title: [UInt8]
    package var lastRevisionID: Int64
    package var parentRevisionID: Int64
    /// When the latest revision was made, in seconds since 1970.
    package var timestamp: Int64
    package var model: Model
    package var text: TextReference
    package var visibility: Visibility
    package var isRedirect: Bool
    package var isDeleted: Bool
    /// The length of its text in bytes.
    package var length: Int { text.length }

    /// Whether the list of namespace 828 has it.
    var isListed: Bool { !isDeleted && namespace == 828 }
}
