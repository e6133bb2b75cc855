/// One entry of a wiki's recent changes, and of its log where it is one.
package struct Change: Sendable, Equatable {
    /// What recent changes and the log call it.
    package enum Kind: String, Sendable, Codable {
        case edit, new
        case move, delete, restore, revision

        var isLogged: Bool { self != .edit && self != .new }
        /// `log_type` and `log_action`.
        var logType: (type: String, action: String) {
            switch self {
            case .move: ("move", "move")
            case .delete: ("delete", "delete")
            case .restore: ("delete", "restore")
            case .revision: ("delete", "revision")
            case .edit, .new: ("", "")
            }
        }
    }

    /// Its place among the changes of all wikis.
    package var offset: Int
    package let wiki: Int
    /// The wiki's own number of it.
    package let changeID: Int64
    package let logID: Int64
    package let kind: Kind
    package let action: EditAction
    package let pageID: Int64
    package let namespace: Int
    /// Where the page was before: moves are logged there.
    package let title: [UInt8]
    package let targetNamespace: Int
    package let targetTitle: [UInt8]
    package let revisionID: Int64
    /// The one before an edit; the one that was hidden.
    package let oldRevisionID: Int64
    package let oldLength: Int
    package let newLength: Int
    /// In milliseconds since 1970.
    package let time: Int64

    /// In seconds since 1970.
    var timestamp: Int64 { time / 1000 }
}
