package import MariaDB

/// Writes a list of rows to where they are wanted, batch by batch: no more than one batch is held.
package struct Listing: Sendable {
    private var encoder: any RowEncoder

    /// Prepares a listing.
    /// - Parameters:
    ///   - asOf: when its rows were read, or began to be.
    ///   - style: what the output is; it matters to tables only.
    package init(_ columns: [ListColumn], format: OutputFormat, asOf: Timestamp, style: TerminalStyle) {
        let forPrograms = columns.indices.filter { columns[$0].audience != .people }
        let programColumns = forPrograms.map { columns[$0] }
        encoder =
            switch format {
            case .table: TableEncoder(columns, asOf: .time(asOf), style: style)
            case .json: ProgramEncoder(JSONRowEncoder(programColumns, envelope: .time(asOf)), forPrograms)
            case .jsonl: ProgramEncoder(JSONRowEncoder(programColumns, envelope: nil), forPrograms)
            case .csv: ProgramEncoder(DelimitedEncoder(programColumns, .commas), forPrograms)
            case .tsv: ProgramEncoder(DelimitedEncoder(programColumns, .tabs), forPrograms)
            case .lua: ProgramEncoder(LuaEncoder(programColumns, asOf: .time(asOf)), forPrograms)
            }
    }

    /// What stands before the first row.
    package mutating func head() -> [UInt8] { encoder.head() }

    /// The rows, each with a cell per column.
    package mutating func rows(_ rows: [[Cell]]) -> [UInt8] { encoder.rows(rows) }

    /// What stands after the last row.
    /// - Parameter more: whether the listing was cut by a limit; `nil` where it has none.
    package mutating func tail(more: Bool? = nil) -> [UInt8] { encoder.tail(more: more) }

    /// Writes rows that are there already.
    package consuming func write(_ rows: [[Cell]], more: Bool? = nil, to output: StandardOutput) async throws {
        try await output.write(head() + self.rows(rows) + tail(more: more))
    }

    /// Writes rows as they come.
    package consuming func write<Batches: AsyncSequence>(
        _ batches: Batches,
        to output: StandardOutput
    ) async throws where Batches.Element == [[Cell]] {
        try await output.write(head())
        for try await batch in batches { try await output.write(rows(batch)) }
        try await output.write(tail())
    }
}

/// Leaves out the columns that only people see.
private struct ProgramEncoder: RowEncoder {
    private var encoder: any RowEncoder
    private let kept: [Int]

    init(_ encoder: any RowEncoder, _ kept: [Int]) {
        self.encoder = encoder
        self.kept = kept
    }

    mutating func head() -> [UInt8] { encoder.head() }

    mutating func rows(_ rows: [[Cell]]) -> [UInt8] { encoder.rows(rows.map { row in kept.map { row[$0] } }) }

    mutating func tail(more: Bool?) -> [UInt8] { encoder.tail(more: more) }
}

extension Timestamp {
    /// As `2026-11-19 05:37:50Z`: to the second, for people.
    var seconds: String {
        let (whole, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let text = Timestamp(microseconds: (rest < 0 ? whole - 1 : whole) * 1_000_000).description
        return text.replacing("T", with: " ")
    }
}
