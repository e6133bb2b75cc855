import ArgumentParser
import CLI

struct ModulesExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes all modules to standard output, as they come.",
        discussion: """
            tsv is as mysql --batch writes it: \\t, \\n, \\\\ and \\0 in fields, \\N for null. csv is RFC 4180. Both have \
            a header line, and fields as the bytes that they are. jsonl has an object a line; text that isn't UTF-8 is \
            {"hex": ...} there. lua is a chunk that returns a sequence of tables, for mw.loadData as well.
            """
    )

    /// The formats that don't need the whole.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case tsv, csv, jsonl, lua
    }

    @OptionGroup var options: SettingsOptions
    @OptionGroup var filter: ModuleFilterOptions

    @Option(help: "tsv, csv, jsonl or lua.")
    var format = Format.tsv

    @Option(help: "What to tell of each, separated by commas.")
    var columns = NameList(ModulesView.exportColumns)

    func run() async throws {
        try await ModulesView.export(
            options.load(),
            OutputFormat(rawValue: format.rawValue) ?? .tsv,
            filter: filter.value,
            columns: columns.names
        )
    }
}
