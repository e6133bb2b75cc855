/// Writes an aligned table for people.
///
/// The columns are as wide as the first rows that are given need; a later field that is wider is cut on a terminal and pushes
/// its line to the right elsewhere. Without rows nothing is written but the last line, which says so.
struct TableEncoder: RowEncoder {
    private static let gap = "  "
    /// Columns of text aren't made narrower than this, as long as others can be.
    private static let narrowest = 8

    private let columns: [ListColumn]
    private let shown: [Int]
    private let asOf: Cell
    private let style: TerminalStyle
    private var widths: [Int]?
    private var count = 0

    init(_ columns: [ListColumn], asOf: Cell, style: TerminalStyle) {
        self.columns = columns
        shown = columns.indices.filter { columns[$0].audience != .programs }
        self.asOf = asOf
        self.style = style
    }

    mutating func head() -> [UInt8] { [] }

    mutating func rows(_ rows: [[Cell]]) -> [UInt8] {
        guard !rows.isEmpty else { return [] }
        count += rows.count
        let texts = rows.map { row in shown.map { Self.text(row[$0]) } }
        guard let widths else {
            let headings = shown.map { columns[$0].heading }
            let widths = measure(headings, texts)
            self.widths = widths
            return style.bold(line(headings, widths)) + [UInt8(ascii: "\n")] + lines(texts, widths)
        }
        return lines(texts, widths)
    }

    mutating func tail(more: Bool?) -> [UInt8] {
        var note = count == 1 ? "1 row" : "\(count) rows"
        if count == 0 { note = "nothing" }
        if more == true { note += ", and there are more: see --limit" }
        let asOf = Self.text(asOf)
        return Array("\(count == 0 ? "" : "\n")".utf8) + style.dim("as of \(asOf) · \(note)") + [UInt8(ascii: "\n")]
    }

    /// A field as people see it: times to the second, `-` for null.
    static func text(_ cell: Cell) -> String {
        switch cell {
        case .null: "-"
        case .time(let time): time.seconds
        case .flag(let flag): flag ? "yes" : "no"
        default: DisplayText.visible(cell.plain ?? [])
        }
    }

    private func measure(_ headings: [String], _ rows: [[String]]) -> [Int] {
        var widths = headings.map { DisplayText.width($0) }
        for row in rows {
            for (index, text) in row.enumerated() { widths[index] = max(widths[index], DisplayText.width(text)) }
        }
        guard let limit = style.width else { return widths }
        // The widest column of text gives way, a column at a time, until the line fits.
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
        while excess > 0 {
            let candidates = widths.indices.filter {
                columns[shown[$0]].alignment == .left && widths[$0] > Self.narrowest
            }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func lines(_ rows: [[String]], _ widths: [Int]) -> [UInt8] {
        rows.flatMap { Array(line($0, widths).utf8) + [UInt8(ascii: "\n")] }
    }

    private func line(_ texts: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, text) in texts.enumerated() {
            if index > 0 { line += Self.gap }
            let text = style.width == nil ? text : DisplayText.cut(text, to: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - DisplayText.width(text)))
            // The mark keeps a terminal that reorders text from drawing the next column into this one.
            let mark = style.isTerminal && DisplayText.isRightToLeft(text) ? "\u{200E}" : ""
            switch columns[shown[index]].alignment {
            case .right: line += padding + text + mark
            case .left: line += text + mark + (index == texts.count - 1 ? "" : padding)
            }
        }
        guard let limit = style.width else { return line }
        return DisplayText.cut(line, to: limit)
    }
}
