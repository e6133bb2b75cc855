/// How Perigee names itself to servers.
///
/// Source: Wikimedia Foundation User-Agent Policy: `client/version (contact; bot) library/version`.
package enum UserAgent {
    /// The domains of wikis whose operator demands a contact in the user agent.
    private static let domainsWithPolicy = [
        "wikipedia.org", "wiktionary.org", "wikibooks.org", "wikiquote.org", "wikisource.org", "wikinews.org",
        "wikiversity.org", "wikivoyage.org", "wikidata.org", "wikimedia.org", "wikimediafoundation.org",
        "mediawiki.org",
        "wikifunctions.org", "wmflabs.org", "wmcloud.org",
    ]

    /// The value of the header `User-Agent`.
    ///
    /// - Parameters:
    ///   - version: Perigee's version, such as `1.0`.
    ///   - contact: a mail address or the URL of a page where the operator can be reached; `nil` where none is needed.
    ///   - library: the HTTP library with its version, such as `libcurl/7.88.1`.
    package static func make(version: String, contact: String?, library: String) -> String {
        let comment = [contact, "bot"].compactMap { $0.map(plain) }.filter { !$0.isEmpty }.joined(separator: "; ")
        return "Perigee/\(plain(version)) (\(comment)) \(plain(library))"
    }

    /// Whether the operator of the wiki at `url` demands a contact.
    package static func requiresContact(_ url: String) -> Bool {
        guard let schemeEnd = url.firstRange(of: "://")?.upperBound else { return false }
        let host = url[schemeEnd...].prefix { $0 != "/" && $0 != ":" && $0 != "?" }.lowercased()
        return domainsWithPolicy.contains { host == $0 || host.hasSuffix("." + $0) }
    }

    /// Without what would break the header or its comment.
    private static func plain(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 && $0 < 0x7f && $0 != 0x28 && $0 != 0x29 }, as: UTF8.self)
    }
}
