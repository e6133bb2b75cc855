/// How a listing is written.
package enum OutputFormat: String, Sendable, CaseIterable {
    /// For people: aligned columns. On a terminal it's cut to the terminal's width.
    case table
    /// One object: `as_of`, `rows`, and `more` where the listing was cut by a limit.
    case json
    /// One object a line.
    case jsonl
    /// RFC 4180, with a header line. Bytes are written as they are; null is an empty field without quotes, and an empty
    /// text is `""`.
    case csv
    /// As `mysql --batch` writes it, with a header line: tab, newline and backslash are `\t`, `\n` and `\\`, NUL is `\0`,
    /// null is `\N`. All other bytes are written as they are.
    case tsv
    /// A chunk of Lua 5.1 that returns the rows as a table of tables.
    case lua
}

/// Writes rows in one format. It holds no more than the rows that it was given last.
protocol RowEncoder: Sendable {
    /// What stands before the first row.
    mutating func head() -> [UInt8]
    /// The rows, each with a cell per column.
    mutating func rows(_ rows: [[Cell]]) -> [UInt8]
    /// What stands after the last row.
    /// - Parameter more: whether the listing was cut by a limit; `nil` where it has none.
    mutating func tail(more: Bool?) -> [UInt8]
}
