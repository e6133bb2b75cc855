/// Writes CSV or TSV, with a header line.
struct DelimitedEncoder: RowEncoder {
    /// The two ways to separate fields.
    enum Dialect: Sendable {
        /// RFC 4180: fields with comma, quote or line break in quotes, lines end in CR LF.
        case commas
        /// As `mysql --batch`: escapes instead of quotes.
        case tabs
    }

    private let columns: [ListColumn]
    private let dialect: Dialect

    init(_ columns: [ListColumn], _ dialect: Dialect) {
        self.columns = columns
        self.dialect = dialect
    }

    mutating func head() -> [UInt8] { line(columns.map { .text($0.name) }) }

    mutating func rows(_ rows: [[Cell]]) -> [UInt8] { rows.flatMap { line($0) } }

    mutating func tail(more: Bool?) -> [UInt8] { [] }

    private func line(_ cells: [Cell]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: dialect == .commas ? "," : "\t")) }
            switch dialect {
            case .commas: bytes += Self.quoted(cell.plain)
            case .tabs: bytes += Self.escaped(cell.plain)
            }
        }
        return bytes + (dialect == .commas ? "\r\n" : "\n").utf8
    }

    private static func quoted(_ field: [UInt8]?) -> [UInt8] {
        guard let field else { return [] }
        let quote = UInt8(ascii: "\"")
        let special: Set<UInt8> = [quote, UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        guard field.isEmpty || field.contains(where: special.contains) else { return field }
        return [quote] + field.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }

    private static func escaped(_ field: [UInt8]?) -> [UInt8] {
        guard let field else { return Array("\\N".utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(field.count)
        for byte in field {
            switch byte {
            case 0: bytes += "\\0".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            default: bytes.append(byte)
            }
        }
        return bytes
    }
}
