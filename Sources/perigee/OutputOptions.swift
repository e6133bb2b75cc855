import ArgumentParser
import CLI

/// How a command that lists or shows something writes it.
struct OutputOptions: ParsableArguments {
    /// The formats that all of them have.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, jsonl, csv, tsv
    }

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: "table, json, jsonl, csv or tsv. A table is cut to the width of a terminal, and whole in a pipe."
    )
    var format = Format.table

    /// The format that was asked for.
    var value: OutputFormat { OutputFormat(rawValue: format.rawValue) ?? .table }
}

/// How many rows a command lists.
struct LimitOptions: ParsableArguments {
    @Option(help: "List so many at most, 1 to 10000.")
    var limit = 100

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes 1 to 10000") }
    }
}

extension String {
    /// The names of a list that is separated by commas.
    var names: [String] { split(separator: ",").map { String($0) } }
}
