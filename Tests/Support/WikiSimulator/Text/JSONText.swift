/// Strings in JSON as MediaWiki writes them: UTF-8 as it is, slashes too.
///
/// Source: MediaWiki, FormatJson::encode with `ALL_OK`, as ApiFormatJson uses it in format version 2.
enum JSONText {
    /// What stands between the quotes.
    static func escaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 16)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                result.append(UInt8(ascii: "\\"))
                result.append(byte)
            case 0x0a: result += [0x5c, UInt8(ascii: "n")]
            case 0x09: result += [0x5c, UInt8(ascii: "t")]
            case 0x0d: result += [0x5c, UInt8(ascii: "r")]
            case 0..<0x20: result += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            default: result.append(byte)
            }
        }
        return result
    }

    /// The string with its quotes.
    static func string(_ text: String) -> String {
        "\"\(String(decoding: escaped(Array(text.utf8)), as: UTF8.self))\""
    }
}
