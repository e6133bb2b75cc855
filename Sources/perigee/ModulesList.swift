import ArgumentParser
import CLI

struct ModulesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists modules, by wiki and page id."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var filter: ModuleFilterOptions
    @OptionGroup var limit: LimitOptions

    @Option(help: "What to tell of each, separated by commas.")
    var columns = NameList(ModulesView.listColumns)

    func run() async throws {
        try await ModulesView.list(
            options.load(),
            output.value,
            filter: filter.value,
            columns: columns.names,
            limit: limit.limit
        )
    }
}
