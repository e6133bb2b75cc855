package import MariaDB

/// One field of a listing, ready to be written in any format.
package enum Cell: Sendable, Hashable {
    case null
    case int(UInt64)
    /// With as many decimals as are written.
    case decimal(Double, decimals: Int)
    /// Text: UTF-8 as a rule, but what wikis give can be any bytes.
    case text([UInt8])
    case time(Timestamp)
    case flag(Bool)
    /// Bytes that are no text: written as hexadecimal digits in lower case.
    case bytes([UInt8])
    /// Numbers by name: an object in JSON, `name=number` separated by spaces elsewhere.
    case counts([String: UInt64])

    /// Text, or null where there is none.
    package static func text(_ text: String?) -> Cell { text.map { .text(Array($0.utf8)) } ?? .null }

    /// A number, or null where there is none.
    package static func int(_ number: UInt64?) -> Cell { number.map { .int($0) } ?? .null }

    /// A time, or null where there is none.
    package static func time(_ time: Timestamp?) -> Cell { time.map { .time($0) } ?? .null }
}

extension Cell {
    /// The bytes of the field where the format has no types of its own; `nil` for null.
    var plain: [UInt8]? {
        switch self {
        case .null: nil
        case .int(let number): Array(String(number).utf8)
        case .decimal(let number, let decimals): Array(number.written(decimals: decimals).utf8)
        case .text(let bytes): bytes
        case .time(let time): Array(time.description.utf8)
        case .flag(let flag): [UInt8(ascii: flag ? "1" : "0")]
        case .bytes(let bytes): Array(bytes.hexadecimal.utf8)
        case .counts(let counts): Array(counts.written.utf8)
        }
    }
}

extension [String: UInt64] {
    /// `name=number`, by name, separated by spaces.
    var written: String {
        sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}

extension [UInt8] {
    /// Two lower-case digits for each byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension Double {
    /// With so many decimals, at most six, rounded half away from zero.
    func written(decimals: Int) -> String {
        let decimals = Swift.min(Swift.max(decimals, 0), 6)
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        guard isFinite, abs(self * scale) < 9e15 else { return description }
        let scaled = Int64((self * scale).rounded())
        guard decimals > 0 else { return String(scaled) }
        let digits = String(scaled.magnitude)
        let padded = String(repeating: "0", count: Swift.max(0, decimals + 1 - digits.count)) + digits
        return "\(scaled < 0 ? "-" : "")\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
