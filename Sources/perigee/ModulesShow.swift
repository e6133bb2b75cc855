import ArgumentParser
import CLI
import Catalog

struct ModulesShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one module and the revisions that were seen of it."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The wiki's database name.")
    var wiki: String

    @Argument(help: "The title, with or without the namespace.")
    var title: String?

    @Option(help: "The page id, in place of the title.")
    var pageID: UInt64?

    @Flag(help: "Write the source, and nothing else.")
    var source = false

    func validate() throws {
        guard (title == nil) != (pageID == nil) else { throw ValidationError("give a title or --page-id") }
    }

    func run() async throws {
        let name = pageID.map { ModuleDetail.Name.pageID($0) } ?? .title(Array((title ?? "").utf8))
        try await ModuleView.show(options.load(), output.value, wiki: wiki, name: name, sourceOnly: source)
    }
}
