/// One `name=value` of a form or a query.
package struct HTTPFormField: Sendable, Equatable {
    /// The name, not encoded.
    package var name: String
    /// The value, not encoded.
    package var value: String

    /// Makes a field from plain text.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// The fields as `application/x-www-form-urlencoded`: for a form's body, or behind the `?` of a URL.
    ///
    /// Source: URL Standard, "application/x-www-form-urlencoded serializing", with `%20` for the space, which is right in
    /// a body and in a query alike.
    package static func encode(_ fields: [HTTPFormField]) -> String {
        fields.map { "\(percentEncode($0.name))=\(percentEncode($0.value))" }.joined(separator: "&")
    }

    /// `text` with every byte that isn't unreserved (RFC 3986, section 2.3) percent-encoded.
    package static func percentEncode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexadecimalDigits[Int(byte >> 4)])
                encoded.append(hexadecimalDigits[Int(byte & 15)])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

private let hexadecimalDigits = Array("0123456789ABCDEF".utf8)
