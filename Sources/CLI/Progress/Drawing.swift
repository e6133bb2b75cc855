/// Draws lines in place on a terminal: what is to be written, as ECMA-48 has it.
struct Drawing: Sendable {
    private var lineCount = 0
    private var lastStyle: TerminalStyle?

    /// Hides the cursor, which would jump about.
    var begin: [UInt8] { Array("\u{1B}[?25l".utf8) }

    /// Shows the cursor again; it stands below the picture.
    var end: [UInt8] { Array("\u{1B}[?25h".utf8) }

    /// Puts lines where the last ones were. They must fit.
    mutating func draw(_ lines: [String], _ style: TerminalStyle) -> [UInt8] {
        var text = ""
        if let lastStyle, lastStyle != style {
            // The terminal has wrapped the old lines anew, so nobody knows where they began.
            text = "\u{1B}[2J\u{1B}[H"
        } else if lineCount > 0 {
            text = "\u{1B}[\(lineCount)A\r"
        }
        for line in lines { text += line + "\u{1B}[K\n" }
        lineCount = lines.count
        lastStyle = style
        return Array((text + "\u{1B}[J").utf8)
    }
}
