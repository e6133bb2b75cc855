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

/// A list of names, separated by commas. An empty one is a mistake, as of a shell's variable that isn't set: where a list
/// may be left out, that means all.
struct NameList: ExpressibleByArgument {
    let names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(
                name.trimmingPrefix(while: \.isWhitespace).reversed().trimmingPrefix(while: \.isWhitespace).reversed()
            )
        }
        if names.contains("") { return nil }
    }

    /// A list that is given by the program.
    init(_ names: [String]) { self.names = names }

    var defaultValueDescription: String { names.joined(separator: ",") }
}
