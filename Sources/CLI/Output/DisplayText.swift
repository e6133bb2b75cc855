/// Text made safe for a terminal, and how many columns it takes there.
package enum DisplayText {
    /// Text as it may be shown: control characters are visible (`\n`, `\t`, `\x1b`), bytes that aren't UTF-8 are `\xff`, and
    /// what would turn the direction of its surroundings is `\u{202e}`.
    package static func visible(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return repaired(bytes) }
        return visible(text)
    }

    /// As ``visible(_:)-([UInt8])``, of what is UTF-8 already.
    package static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { escape($0) != nil }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let escape = escape(scalar) {
                result.append(contentsOf: escape.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The columns that a text takes which is ``visible(_:)-(String)``.
    package static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The text, or as much of it as fits into `limit` columns with an ellipsis.
    package static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit, width(text) > limit else { return text }
        guard limit > 0 else { return "" }
        var result = ""
        var columns = 0
        for character in text {
            columns += width(String(character))
            if columns >= limit { break }
            result.append(character)
        }
        return result + "…"
    }

    /// Whether letters that are written from right to left occur in it.
    static func isRightToLeft(_ text: String) -> Bool {
        text.utf8.contains { $0 >= 0xD6 }
            && text.unicodeScalars.contains { scalar in
                rightToLeft.contains { $0.contains(scalar.value) }
            }
    }

    private static func repaired(_ bytes: [UInt8]) -> String {
        var result = ""
        var decoder = UTF8()
        var rest = bytes[...]
        while !rest.isEmpty {
            var iterator = rest.makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&iterator), let length = UTF8.encode(scalar)?.count {
                result += visible(String(scalar))
                rest = rest.dropFirst(length)
            } else {
                result += "\\x" + Array(rest.prefix(1)).hexadecimal
                rest = rest.dropFirst()
            }
            decoder = UTF8()
        }
        return result
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x09: "\\t"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0..<0x20, 0x7F..<0xA0: "\\x" + [UInt8(scalar.value)].hexadecimal
        // Marks, embeddings, overrides and isolates of direction; line and paragraph separator; annotations.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFF9...0xFFFB:
            "\\u{\(String(scalar.value, radix: 16))}"
        default: nil
        }
    }

    /// As `wcwidth` of most terminals: by scalar, so that a sequence of emoji that is drawn as one may take less.
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return scalar.value == 0xAD ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // Vowels and final consonants of Hangul join the letter before them.
        if (0x1160...0x11FF).contains(scalar.value) { return 0 }
        return wide.contains { $0.contains(scalar.value) } || isEmoji(scalar) ? 2 : 1
    }

    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x231A && scalar.properties.isEmojiPresentation && !(0x1F1E6...0x1F1FF).contains(scalar.value)
    }

    /// Wide and full-width characters, source: Unicode's EastAsianWidth.txt, version 15, neighbouring ranges joined.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF,
        0x18D00...0x18D08, 0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]

    /// Hebrew, Arabic and the other scripts of Unicode's blocks for right-to-left text.
    private static let rightToLeft: [ClosedRange<UInt32>] = [
        0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF,
    ]
}
