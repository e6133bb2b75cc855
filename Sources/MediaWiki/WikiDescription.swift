/// What is known of a wiki before it is asked anything.
package struct WikiDescription: Sendable, Hashable {
    /// The database's name, such as `enwiki`.
    package let dbname: String
    /// What `/api.php` is appended to, such as `https://en.wikipedia.org/w`.
    package let url: String
    /// The language's code as the source gives it, such as `en`.
    package let language: String
    /// The project family, such as `wikipedia`; `special` for wikis outside the language projects.
    package let family: String
    /// Whether it is closed: it can be read and isn't edited any more.
    package let isClosed: Bool
    /// Whether only members may read it.
    package let isPrivate: Bool
    /// Whether everybody may read and only members may edit.
    package let isFishbowl: Bool
    /// The site's name, where the source gives it.
    package let name: String?

    /// Makes a description.
    /// - Throws: ``WikiDescriptionError`` when `dbname` or `url` can't be right.
    package init(
        dbname: String,
        url: String,
        language: String,
        family: String,
        isClosed: Bool = false,
        isPrivate: Bool = false,
        isFishbowl: Bool = false,
        name: String? = nil
    ) throws(WikiDescriptionError) {
        guard Self.isDBName(dbname) else { throw WikiDescriptionError(reason: "bad dbname \"\(dbname.prefix(80))\"") }
        guard let url = Self.canonicalURL(url) else {
            throw WikiDescriptionError(
                reason:
                    "bad url \"\(url.prefix(200))\" of \(dbname): http(s)://host[:port][/path] without a query is wanted"
            )
        }
        self.dbname = dbname
        self.url = url
        self.language = language
        self.family = family
        self.isClosed = isClosed
        self.isPrivate = isPrivate
        self.isFishbowl = isFishbowl
        self.name = name
    }

    /// Whether `text` can be a wiki's database name: 1 to 64 of `a-z`, `0-9`, `_` and `-`, the first a letter or digit.
    package static func isDBName(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, isLowercaseOrDigit(first) else {
            return false
        }
        return text.utf8.allSatisfy { isLowercaseOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// The project family of a wiki whose SiteMatrix code is `code`: there `wiki` is how Wikipedia is called.
    package static func family(siteMatrixCode code: String) -> String { code == "wiki" ? "wikipedia" : code }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// `url` without slashes at its end; `nil` unless it is http(s) with a host, and without user, query and fragment.
    private static func canonicalURL(_ url: String) -> String? {
        let schemes = ["https://", "http://"]
        guard url.utf8.count <= 2000, let scheme = schemes.first(where: url.hasPrefix) else { return nil }
        let rest = url.utf8.dropFirst(scheme.utf8.count)
        let isPlain = rest.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"?#@\"<>\\^`{|}".utf8.contains($0) }
        guard isPlain, let host = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).first,
            !host.isEmpty, host.first != UInt8(ascii: ":")
        else { return nil }
        var end = url.endIndex
        while url[..<end].hasSuffix("/") { end = url.index(before: end) }
        return String(url[..<end])
    }
}

/// Why something doesn't describe a wiki.
package struct WikiDescriptionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in words.
    package let reason: String

    package var description: String { reason }
}
