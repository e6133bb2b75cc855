/// Why a page of the namespace of modules has no source in the table. What the wiki says of it is said in
/// https://www.mediawiki.org/wiki/API:Revisions.
package struct NoSourceReason: RawRepresentable, Sendable, Hashable {
    /// As the column `no_source_reason` has it; at most 32 bytes.
    package let rawValue: String

    /// Takes the reason over as it is: a newer binary may have written one that isn't listed here.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Its content model is another one: documentation, JSON, CSS.
    package static let notScribunto = NoSourceReason(rawValue: "not_scribunto")
    /// The revision's text is hidden from the public.
    package static let hidden = NoSourceReason(rawValue: "hidden")
    /// The revision's text is hidden from administrators too.
    package static let suppressed = NoSourceReason(rawValue: "suppressed")
    /// The wiki has lost the text.
    package static let textMissing = NoSourceReason(rawValue: "text_missing")
    /// It doesn't fit into an answer of the API, or into the table.
    package static let tooLarge = NoSourceReason(rawValue: "too_large")
    /// It was listed, and gone when it was asked for.
    package static let missing = NoSourceReason(rawValue: "missing")
    /// The wiki says that the title is none.
    package static let invalid = NoSourceReason(rawValue: "invalid")

    /// The page, or the revision, was deleted, and its text isn't kept any longer.
    package static let deleted = NoSourceReason(rawValue: "deleted")
    /// An operator has had this very text removed (`purged_sources`).
    package static let purged = NoSourceReason(rawValue: "purged")

    /// Whether it says something of a revision that exists, so that the revision belongs to the history.
    var isOfRevision: Bool { [.hidden, .suppressed, .textMissing, .tooLarge].contains(self) }

    /// Those by which a text is no longer to be shown: also the text that is here already goes.
    static let withdrawing: Set<NoSourceReason> = [.hidden, .suppressed, .purged]

    /// Whether the text may be had at the next look though the page's list entry says nothing new: what was hidden can be
    /// shown again without a new revision, and a deleted page can come back as it was.
    package var mayPass: Bool { [.hidden, .suppressed, .missing, .deleted].contains(self) }
}
