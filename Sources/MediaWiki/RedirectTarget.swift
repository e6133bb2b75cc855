/// Where a page that the API flags as a redirect leads: a title with its namespace's name, as it is written in the page.
package struct RedirectTarget: Sendable, Hashable {
    /// The title in database form, the namespace's name included: `Modul:Foo_bar`. No fragment, no colon in front.
    package let prefixedTitle: WikiTitle

    /// The target of a module that redirects: its whole text is `return require [[Module:X]]`.
    ///
    /// Source: extension Scribunto, LuaEngine::getRedirectTarget.
    package init?(lua source: [UInt8]) {
        let prefix = Array("return require [[".utf8)
        let text = source.trimmed
        guard text.starts(with: prefix), let end = text.firstRange(of: Array("]]".utf8)),
            end.upperBound == text.endIndex
        else { return nil }
        self.init(link: text[(text.startIndex + prefix.count)..<end.lowerBound])
    }

    /// The target of a page in wikitext: what its first link leads to.
    ///
    /// Source: MediaWiki, WikitextContentHandler::extractRedirectTargetAndText. The word before the link depends on the
    /// wiki's language; that it is there is known from the API's flag.
    package init?(wikitext source: [UInt8]) {
        guard let start = source.firstRange(of: Array("[[".utf8)),
            let end = source[start.upperBound...].firstRange(of: Array("]]".utf8))
        else { return nil }
        let link = source[start.upperBound..<end.lowerBound]
        var target = Array(link.prefix { $0 != UInt8(ascii: "|") })
        if target.contains(UInt8(ascii: "%")) { target = Self.percentDecode(target) }
        self.init(link: target[...])
    }

    private init?(link: ArraySlice<UInt8>) {
        var title = link.prefix { $0 != UInt8(ascii: "#") }
        if title.first == UInt8(ascii: ":") { title = title.dropFirst() }
        let key = Array(title).trimmed.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
        guard !key.isEmpty, key.count <= 512, !key.contains(where: { $0 < 0x20 }) else { return nil }
        prefixedTitle = WikiTitle(bytes: key)
    }

    /// The title within the namespace called one of `names` (localised and canonical); `nil` when it is in another.
    package func title(inNamespace names: [String]) -> WikiTitle? {
        guard let colon = prefixedTitle.bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let prefix = WikiTitle(bytes: Array(prefixedTitle.bytes[..<colon])).text.lowercased()
        guard names.contains(where: { Array($0.lowercased().utf8) == Array(prefix.utf8) }) else { return nil }
        let rest = prefixedTitle.bytes[(colon + 1)...].drop { $0 == UInt8(ascii: "_") }
        return rest.isEmpty ? nil : WikiTitle(bytes: Array(rest))
    }

    private static func percentDecode(_ bytes: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexadecimal(bytes[index + 1]),
                let low = hexadecimal(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension [UInt8] {
    /// Without spaces, tabs and line ends at both ends.
    fileprivate var trimmed: ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return []
        }
        return self[first...last]
    }
}
