import MariaDB

/// Writes JSON by hand, field by field, so that nothing is held whole.
enum JSONText {
    /// An object with the names of the columns.
    static func object(_ columns: [ListColumn], _ cells: [Cell]) -> [UInt8] {
        var bytes = [UInt8(ascii: "{")]
        for (column, cell) in zip(columns, cells) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes += string(column.name)
            bytes.append(UInt8(ascii: ":"))
            bytes += value(cell)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A field. Text that isn't UTF-8 is the object `{"hex":"…"}`, since a string can't hold it.
    static func value(_ cell: Cell) -> [UInt8] {
        switch cell {
        case .null: return Array("null".utf8)
        case .int(let number): return Array(String(number).utf8)
        case .decimal(let number, _) where !number.isFinite: return Array("null".utf8)
        case .decimal(let number, let decimals): return Array(number.written(decimals: decimals).utf8)
        case .flag(let flag): return Array((flag ? "true" : "false").utf8)
        case .time(let time): return string(time.description)
        case .bytes(let bytes): return string(bytes.hexadecimal)
        case .text(let bytes):
            if let text = String(validating: bytes, as: UTF8.self) { return string(text) }
            return Array("{\"hex\":\"\(bytes.hexadecimal)\"}".utf8)
        case .counts(let counts):
            let fields = counts.sorted { $0.key < $1.key }
            return object(fields.map { ListColumn($0.key) }, fields.map { .int($0.value) })
        }
    }

    /// A string. Control characters, C1 too, are escaped, so that JSON may be looked at on a terminal.
    static func string(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(text.utf8.count + 2)
        var isAfterC2 = false
        for byte in text.utf8 {
            // C1 controls are U+0080 to U+009F, in UTF-8 C2 80 to C2 9F.
            if isAfterC2 {
                bytes += byte < 0xA0 ? escape(byte) : [0xC2, byte]
                isAfterC2 = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case 0..<0x20, 0x7F: bytes += escape(byte)
            case 0xC2: isAfterC2 = true
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }

    private static func escape(_ code: UInt8) -> [UInt8] { Array("\\u00\([code].hexadecimal)".utf8) }
}

/// Writes one JSON object with all rows, or one for each row.
struct JSONRowEncoder: RowEncoder {
    private let columns: [ListColumn]
    /// When the rows were read, for the envelope; `nil` for lines without one.
    private let asOf: Cell?
    private var isFirst = true

    init(_ columns: [ListColumn], envelope asOf: Cell?) {
        self.columns = columns
        self.asOf = asOf
    }

    mutating func head() -> [UInt8] {
        guard let asOf else { return [] }
        return Array("{\"as_of\":".utf8) + JSONText.value(asOf) + Array(",\"rows\":[".utf8)
    }

    mutating func rows(_ rows: [[Cell]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in rows {
            if asOf != nil { bytes += (isFirst ? "\n" : ",\n").utf8 }
            bytes += JSONText.object(columns, row)
            if asOf == nil { bytes.append(UInt8(ascii: "\n")) }
            isFirst = false
        }
        return bytes
    }

    mutating func tail(more: Bool?) -> [UInt8] {
        guard asOf != nil else { return [] }
        return Array("\(isFirst ? "" : "\n")]\(more.map { ",\"more\":\($0)" } ?? "")}\n".utf8)
    }
}
