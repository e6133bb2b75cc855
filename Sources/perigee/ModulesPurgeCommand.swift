import ArgumentParser
import CLI
import Catalog

struct ModulesPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Removes a text from all modules that have it, history included, and keeps it out.",
        discussion: """
            Texts are known by their SHA-256, so that exactly this text goes, on whatever wiki it is, and no later run brings \
            it back. Pages and revisions stay, with the reason "purged". --undo allows the text again.
            """
    )

    @OptionGroup var options: SettingsOptions

    @Argument(help: "The wiki's database name.")
    var wiki: String?

    @Argument(help: "The title, with or without the namespace.")
    var title: String?

    @Option(help: "The page id, in place of the title.")
    var pageID: UInt64?

    @Option(help: "The text of this revision, instead of the newest.")
    var revision: UInt64?

    @Flag(help: "The texts of all revisions of the page that were seen.")
    var allRevisions = false

    @Option(name: .customLong("sha256"), help: "The text with this hash, in place of wiki and title; may be repeated.")
    var hashes: [String] = []

    @Option(help: "Why; it is remembered.")
    var reason: String?

    @Flag(help: "Say what it concerns, and do nothing.")
    var dryRun = false

    @Flag(help: "Ask nobody.")
    var yes = false

    @Flag(help: "Allow texts again that were purged; they are named by --sha256.")
    var undo = false

    func validate() throws {
        let namesPage = wiki != nil && (title == nil) != (pageID == nil)
        guard namesPage != !hashes.isEmpty, wiki == nil || hashes.isEmpty else {
            throw ValidationError("give a wiki and a title, or a wiki and --page-id, or --sha256")
        }
        guard hashes.isEmpty || (revision == nil && !allRevisions) else {
            throw ValidationError("--revision and --all-revisions are about a page")
        }
        guard revision == nil || !allRevisions else { throw ValidationError("--revision or --all-revisions, not both") }
        guard !undo || !hashes.isEmpty else { throw ValidationError("--undo takes --sha256") }
    }

    func run() async throws {
        var choice = ModulesPurge.Choice.hashes(hashes)
        if let wiki {
            let name = pageID.map { ModuleDetail.Name.pageID($0) } ?? .title(Array((title ?? "").utf8))
            choice = .page(wiki: wiki, name, revision: revision, allRevisions: allRevisions)
        }
        var order = ModulesPurge.Order(choice)
        order.undo = undo
        order.dryRun = dryRun
        order.isConfirmed = yes
        order.reason = reason
        try await ModulesPurge.run(options.load(), order)
    }
}
