/// A parameter of a statement, or a field of a row.
///
/// What rows give: integers as `.int` or `.uint` after the column's type, and DECIMAL without decimals (what SUM of
/// integers gives) as well; FLOAT and DOUBLE as `.double`; DATE, DATETIME and TIMESTAMP as `.datetime`; everything else,
/// text too, as `.bytes`, untouched. DECIMAL with decimals and dates that are none (`0000-00-00`) come as the bytes of
/// their text.
package enum Value: Sendable, Hashable {
    case null
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    /// Sent as binary: no character set is involved.
    case bytes([UInt8])
    /// Sent as UTF-8 text; no row gives it.
    case string(String)
    case datetime(Timestamp)

    /// What it adds to a packet, in bytes, at most.
    var packetBytes: Int {
        switch self {
        case .bytes(let bytes): bytes.count + 9
        case .string(let text): text.utf8.count + 9
        case .null, .int, .uint, .double, .datetime: 12
        }
    }

    /// What it is, without saying its content: for errors.
    var typeName: String {
        switch self {
        case .null: "NULL"
        case .int: "an integer"
        case .uint: "an unsigned integer"
        case .double: "a floating-point number"
        case .bytes, .string: "bytes"
        case .datetime: "a time"
        }
    }
}

/// A type that a field of a row can be read as.
package protocol ValueDecodable {
    /// The field as this type, or `nil` where its type or size doesn't fit.
    init?(value: Value)
}

extension Optional: ValueDecodable where Wrapped: ValueDecodable {
    package init?(value: Value) {
        if value == .null {
            self = nil
        } else if let wrapped = Wrapped(value: value) {
            self = .some(wrapped)
        } else {
            return nil
        }
    }
}

extension ValueDecodable where Self: FixedWidthInteger {
    package init?(value: Value) {
        switch value {
        case .int(let number): self.init(exactly: number)
        case .uint(let number): self.init(exactly: number)
        default: return nil
        }
    }
}

extension Int: ValueDecodable {}
extension Int8: ValueDecodable {}
extension Int16: ValueDecodable {}
extension Int32: ValueDecodable {}
extension Int64: ValueDecodable {}
extension UInt: ValueDecodable {}
extension UInt8: ValueDecodable {}
extension UInt16: ValueDecodable {}
extension UInt32: ValueDecodable {}
extension UInt64: ValueDecodable {}

extension Bool: ValueDecodable {
    package init?(value: Value) {
        switch value {
        case .int(0), .uint(0): self = false
        case .int(1), .uint(1): self = true
        default: return nil
        }
    }
}

extension Double: ValueDecodable {
    package init?(value: Value) {
        guard case .double(let number) = value else { return nil }
        self = number
    }
}

extension Array: ValueDecodable where Element == UInt8 {
    package init?(value: Value) {
        guard case .bytes(let bytes) = value else { return nil }
        self = bytes
    }
}

extension String: ValueDecodable {
    /// Only where the bytes are valid UTF-8.
    package init?(value: Value) {
        guard case .bytes(let bytes) = value else { return nil }
        self.init(validating: bytes, as: UTF8.self)
    }
}

extension Timestamp: ValueDecodable {
    package init?(value: Value) {
        guard case .datetime(let time) = value else { return nil }
        self = time
    }
}
