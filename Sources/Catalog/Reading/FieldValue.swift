package import MariaDB

/// A field of a listing, ready to be written in any format.
package enum FieldValue: Sendable, Hashable {
    case null
    case int(UInt64)
    /// Text: UTF-8 as a rule, but titles can be any bytes. Hashes are in lower-case hexadecimal digits.
    case text([UInt8])
    case time(Timestamp)
    case flag(Bool)
}

extension FieldValue {
    /// The bytes as hexadecimal digits.
    static func hex(_ bytes: [UInt8]) -> FieldValue { .text(Array(bytes.hexadecimal.utf8)) }
}

extension [UInt8] {
    /// Two lower-case digits for each byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// One module of a listing: its fields, in the order in which the columns were asked for.
package typealias ListedModule = [(name: String, field: FieldValue)]
