/// Writes a chunk of Lua 5.1 that returns the rows: a sequence of tables with the columns' names as keys, without a key
/// where the field is null. `mw.loadData` takes it as well.
///
/// Each part of the rows is made by a function of its own, since one function has room for 2^18 constants only
/// (`MAXARG_Bx` in Lua 5.1's lopcodes.h).
struct LuaEncoder: RowEncoder {
    private static let rowsPerFunction = 500

    private let keys: [[UInt8]]
    private let asOf: Cell

    init(_ columns: [ListColumn], asOf: Cell) {
        keys = columns.map { Self.key($0.name) }
        self.asOf = asOf
    }

    mutating func head() -> [UInt8] {
        Array("-- as of ".utf8) + (asOf.plain ?? [])
            + Array(
                """

                local rows, count = {}, 0
                local function add(part)
                for i = 1, #part do count = count + 1; rows[count] = part[i] end
                end

                """.utf8
            )
    }

    mutating func rows(_ rows: [[Cell]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: rows.count, by: Self.rowsPerFunction) {
            bytes += "add((function() return {\n".utf8
            for row in rows[start..<min(start + Self.rowsPerFunction, rows.count)] {
                bytes.append(UInt8(ascii: "{"))
                for (key, cell) in zip(keys, row) where cell != .null {
                    bytes += key
                    bytes += Self.value(cell)
                    bytes.append(UInt8(ascii: ","))
                }
                bytes += "},\n".utf8
            }
            bytes += "} end)())\n".utf8
        }
        return bytes
    }

    mutating func tail(more: Bool?) -> [UInt8] { Array("return rows\n".utf8) }

    private static func value(_ cell: Cell) -> [UInt8] {
        switch cell {
        case .null: Array("nil".utf8)
        case .int, .decimal: cell.plain ?? []
        case .flag(let flag): Array((flag ? "true" : "false").utf8)
        case .text, .time, .bytes: string(cell.plain ?? [])
        case .counts(let counts):
            [UInt8(ascii: "{")]
                + counts.sorted { $0.key < $1.key }.flatMap { key($0.key) + Array("\($0.value),".utf8) }
                + [UInt8(ascii: "}")]
        }
    }

    private static func key(_ name: String) -> [UInt8] {
        [UInt8(ascii: "[")] + string(Array(name.utf8)) + Array("]=".utf8)
    }

    /// A string, in which Lua lets any byte be. What isn't printable ASCII or UTF-8 is written as `\ddd`.
    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        var result = [UInt8(ascii: "\"")]
        result.reserveCapacity(bytes.count + 2)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): result += "\\n".utf8
            case UInt8(ascii: "\t"): result += "\\t".utf8
            case 0x20..<0x7F: result.append(byte)
            case 0x80... where isText: result.append(byte)
            default:
                // Three digits always: a digit may follow.
                let digits = String(byte)
                result += "\\\(String(repeating: "0", count: 3 - digits.count))\(digits)".utf8
            }
        }
        result.append(UInt8(ascii: "\""))
        return result
    }
}
