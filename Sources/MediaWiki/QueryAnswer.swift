import FoundationEssentials

/// An answer of `action=query` about pages, format version 2.
struct QueryAnswer: Decodable, Sendable {
    let curtimestamp: String
    let isBatchComplete: Bool
    let continuation: [String: String]?
    let pages: [Page]

    private enum CodingKeys: String, CodingKey {
        case curtimestamp, query
        case isBatchComplete = "batchcomplete"
        case continuation = "continue"
    }

    private struct Query: Decodable { let pages: [Page]? }

    /// A value of `continue`: text, or a number where MediaWiki has one.
    private struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                text = "\(number)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        curtimestamp = try container.decode(String.self, forKey: .curtimestamp)
        isBatchComplete = try container.decodeIfPresent(Flag.self, forKey: .isBatchComplete)?.isSet ?? false
        continuation = try container.decodeIfPresent([String: Value].self, forKey: .continuation)?.mapValues(\.text)
        pages = try container.decodeIfPresent(Query.self, forKey: .query)?.pages ?? []
    }

    struct Page: Decodable, Sendable {
        let pageid: Int64?
        let ns: Int?
        let title: String?
        let missing: Flag?
        let invalid: Flag?
        let lastrevid: Int64?
        let length: Int?
        let contentmodel: String?
        let redirect: Flag?
        let revisions: [Revision]?

        /// The page's facts, when this answer has them: later parts of a cut answer don't.
        var info: PageInfo? {
            guard let pageid, let ns, let title, let lastrevid, let length, let contentmodel else { return nil }
            return PageInfo(
                pageID: pageid,
                namespace: ns,
                title: WikiTitle(apiText: title, namespace: ns),
                lastRevisionID: lastrevid,
                length: length,
                contentModel: contentmodel,
                isRedirect: redirect?.isSet ?? false
            )
        }
    }

    struct Revision: Decodable, Sendable {
        let revid: Int64
        let timestamp: String?
        let size: Int?
        let slots: Slots?
        let slotsmissing: Flag?
        let texthidden: Flag?
        let suppressed: Flag?

        struct Slots: Decodable, Sendable { let main: Slot? }

        struct Slot: Decodable, Sendable {
            let contentmodel: String?
            let content: String?
            let missing: Flag?
            let texthidden: Flag?
            let textmissing: Flag?
            let suppressed: Flag?
            let badcontentformat: Flag?
        }

        /// The text, or why there is none. A text that is given counts, whatever flags stand beside it: some accounts may
        /// see hidden ones.
        var source: PageSource {
            let slot = slots?.main
            if let content = slot?.content { return .text(Array(content.utf8)) }
            if suppressed?.isSet == true || slot?.suppressed?.isSet == true { return .suppressed }
            if texthidden?.isSet == true || slot?.texthidden?.isSet == true { return .hidden }
            if slot?.textmissing?.isSet == true || slotsmissing?.isSet == true { return .textMissing }
            if slot?.badcontentformat?.isSet == true { return .noContent(reason: "no text form") }
            return .noContent(reason: slot == nil || slot?.missing?.isSet == true ? "no main slot" : "no content")
        }
    }
}
