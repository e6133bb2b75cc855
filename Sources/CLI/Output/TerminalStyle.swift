import Glibc

/// What the text may look like where it goes.
package struct TerminalStyle: Sendable, Hashable {
    /// Lines are cut to so many columns; `nil` where it isn't a terminal.
    package var width: Int?
    /// Lines that are seen at one time; `nil` where it isn't a terminal.
    package var height: Int?
    /// Whether bold, dim and colours may be used.
    package var isColoured: Bool

    /// For what isn't a terminal: nothing is cut, nothing is coloured.
    package static let plain = TerminalStyle(width: nil, height: nil, isColoured: false)

    /// Describes where text goes.
    package init(width: Int?, height: Int?, isColoured: Bool) {
        self.width = width
        self.height = height
        self.isColoured = isColoured
    }

    /// Of standard output, now. `NO_COLOR` (https://no-color.org) and `TERM=dumb` are obeyed.
    package static var standardOutput: TerminalStyle {
        guard isatty(STDOUT_FILENO) == 1 else { return .plain }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        return TerminalStyle(
            width: isKnown ? Int(size.ws_col) : 80,
            height: isKnown ? Int(size.ws_row) : 24,
            isColoured: !noColour && !isDumb
        )
    }

    /// Whether it is a terminal.
    package var isTerminal: Bool { width != nil }

    /// The text in bold letters, where that may be.
    func bold(_ text: String) -> [UInt8] { wrapped(text, in: "1") }

    /// The text in weak letters, where that may be.
    func dim(_ text: String) -> [UInt8] { wrapped(text, in: "2") }

    /// The text with the attribute of this number (ECMA-48, SGR), where that may be.
    func wrapped(_ text: String, in attribute: String) -> [UInt8] {
        Array((isColoured ? "\u{1B}[\(attribute)m\(text)\u{1B}[0m" : text).utf8)
    }
}
