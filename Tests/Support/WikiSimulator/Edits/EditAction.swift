/// What can happen to a page.
package enum EditAction: String, Sendable, Codable, CaseIterable {
    /// A new text.
    case edit
    /// A page that never was.
    case create
    /// Another title, within the namespace.
    case move
    /// To a user's own pages.
    case moveOut = "moveout"
    /// From there.
    case moveIn = "movein"
    case delete
    /// A deleted page is there again, with its id.
    case restore = "undelete"
    /// A new page under the title of one that was deleted.
    case recreate
    /// Another content model.
    case model
    /// A new text that administrators hide at once.
    case hide
    /// The text that has been there for long is hidden from everybody: the list of pages shows no sign of it.
    case suppress

    /// What a wiki's list of pages shows.
    package static let visible = allCases.filter { $0 != .suppress }
}
