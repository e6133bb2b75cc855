import FoundationEssentials

/// Reads from when until when a certificate is valid, and no more.
///
/// Source: RFC 5280, section 4.1 (structure of a certificate) and 4.1.2.5 (times), RFC 7468 (PEM).
enum CertificateValidity {
    /// Those of the certificates in a PEM text, without the ones that can't be read.
    static func all(in pem: String) -> [ClosedRange<Date>] {
        var validities: [ClosedRange<Date>] = []
        var rest = pem[...]
        while let begin = rest.firstRange(of: "-----BEGIN CERTIFICATE-----"),
            let end = rest[begin.upperBound...].firstRange(of: "-----END CERTIFICATE-----")
        {
            if let validity = ofOne(inBase64: rest[begin.upperBound..<end.lowerBound]) { validities.append(validity) }
            rest = rest[end.upperBound...]
        }
        return validities
    }

    private static func ofOne(inBase64 text: Substring) -> ClosedRange<Date>? {
        guard let der = Data(base64Encoded: String(text.filter { !$0.isWhitespace })) else { return nil }
        var outer = DERReader(bytes: [UInt8](der)[...])
        guard let certificate = outer.next(tag: 0x30) else { return nil }
        var fields = DERReader(bytes: certificate)
        guard let signed = fields.next(tag: 0x30) else { return nil }
        var parts = DERReader(bytes: signed)
        // Version (optional), serial number, algorithm, issuer; then validity.
        if parts.nextTag == 0xA0 { _ = parts.next(tag: 0xA0) }
        guard parts.next(tag: 0x02) != nil, parts.next(tag: 0x30) != nil, parts.next(tag: 0x30) != nil,
            let validity = parts.next(tag: 0x30)
        else { return nil }
        var times = DERReader(bytes: validity)
        guard let from = times.nextTime(), let until = times.nextTime() else { return nil }
        // A certificate that ends before it starts has never been valid: it has run out.
        return min(from, until)...until
    }
}

/// Reads one DER element after the other.
private struct DERReader {
    var bytes: ArraySlice<UInt8>

    var nextTag: UInt8? { bytes.first }

    /// The content of the next element, if it has that tag.
    mutating func next(tag: UInt8) -> ArraySlice<UInt8>? {
        guard bytes.popFirst() == tag, let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first & 0x80 != 0 {
            length = 0
            guard (1...4).contains(first & 0x7F) else { return nil }
            for _ in 0..<(first & 0x7F) {
                guard let byte = bytes.popFirst() else { return nil }
                length = length << 8 | Int(byte)
            }
        }
        guard length <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(length) }
        return bytes.prefix(length)
    }

    /// The next element as a UTCTime (YYMMDDHHMMSSZ) or GeneralizedTime (YYYYMMDDHHMMSSZ).
    mutating func nextTime() -> Date? {
        let isShort = nextTag == 0x17
        guard let content = next(tag: isShort ? 0x17 : 0x18), content.count == (isShort ? 13 : 15),
            content.last == UInt8(ascii: "Z")
        else { return nil }
        let digits = content.dropLast().map { Int($0) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        var pairs = stride(from: 0, to: digits.count, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
        var year = pairs.removeFirst()
        if isShort { year += year < 50 ? 2000 : 1900 } else { year = year * 100 + pairs.removeFirst() }
        let components = DateComponents(
            year: year,
            month: pairs[0],
            day: pairs[1],
            hour: pairs[2],
            minute: pairs[3],
            second: pairs[4]
        )
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.date(from: components)
    }
}
