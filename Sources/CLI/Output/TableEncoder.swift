/// Writes an aligned table for people.
///
/// The columns are as wide as the first rows that are given need; a later field that is wider is cut on a terminal and pushes
/// its line to the right elsewhere. Where a terminal has too little room, text gives way first, and then the last columns are
/// left out; the last line says which. Without rows nothing is written but that line.
struct TableEncoder: RowEncoder {
    private static let gap = "  "
    /// Columns of text aren't made narrower than this.
    private static let narrowest = 14

    private let columns: [ListColumn]
    /// The columns that are shown; fewer once it's seen that there isn't room for all.
    private var shown: [Int]
    private var leftOut: [String] = []
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
        guard let widths else {
            let widths = fit(rows)
            self.widths = widths
            let headings = shown.map { columns[$0].heading }
            return style.bold(line(headings, widths)) + [UInt8(ascii: "\n")] + lines(rows, widths)
        }
        return lines(rows, widths)
    }

    mutating func tail(more: Bool?) -> [UInt8] {
        var note = count.counted("row")
        if count == 0 { note = "nothing" }
        if more == true { note += ", and there are more: see --limit" }
        let room = leftOut.isEmpty ? "" : "\nno room for \(leftOut.joined(separator: ", "))"
        let end = style.dim("as of \(Self.text(asOf)) · \(note)\(room)")
        return Array((count == 0 ? "" : "\n").utf8) + end + [UInt8(ascii: "\n")]
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

    /// Finds the widths of the columns, and leaves out those that there is no room for.
    private mutating func fit(_ rows: [[Cell]]) -> [Int] {
        while true {
            let natural = shown.map { column in
                rows.reduce(DisplayText.width(columns[column].heading)) {
                    max($0, DisplayText.width(Self.text($1[column])))
                }
            }
            guard let limit = style.width else { return natural }
            // Numbers, times and the like say nothing when they are cut.
            let isText = shown.map { column in
                rows.contains { if case .text = $0[column] { columns[column].alignment == .left } else { false } }
            }
            var widths = natural
            var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
            while excess > 0 {
                let candidates = widths.indices.filter { isText[$0] && widths[$0] > Self.narrowest }
                guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
                excess -= 1
            }
            guard excess > 0, shown.count > 1 else { return widths }
            leftOut.insert(columns[shown.removeLast()].name, at: 0)
        }
    }

    private func lines(_ rows: [[Cell]], _ widths: [Int]) -> [UInt8] {
        rows.flatMap { row in
            Array(line(shown.map { Self.text(row[$0]) }, widths).utf8) + [UInt8(ascii: "\n")]
        }
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
