/// A page's title within its namespace in MediaWiki's database form: bytes, underscores for spaces.
///
/// Two titles are equal when their bytes are. Swift's strings aren't fit for that: they hold canonically equivalent
/// texts for equal, which are different pages.
package struct WikiTitle: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The bytes of `page_title`, at most 255 in MediaWiki.
    package let bytes: [UInt8]

    /// Makes a title from the bytes of `page_title`.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Makes a title from a title as the API gives it: with the namespace's name in the wiki's language before the first
    /// colon, unless the namespace is the main one (0), and with spaces.
    package init(apiText: String, namespace: Int) {
        var rest = Array(apiText.utf8)[...]
        if namespace != 0, let colon = rest.firstIndex(of: UInt8(ascii: ":")) { rest = rest[(colon + 1)...] }
        bytes = rest.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
    }

    /// The title as people read it: spaces for underscores, invalid UTF-8 repaired.
    package var text: String {
        String(decoding: bytes.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    package var description: String { text }

    /// The order of the database: by bytes.
    package static func < (one: WikiTitle, other: WikiTitle) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }
}
