import ArgumentParser
import CLI

struct WikisCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wikis",
        abstract: "The list of wikis.",
        subcommands: [Sync.self, WikisList.self]
    )

    struct Sync: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings the table of wikis to what a list says.",
            discussion: """
                The list is SiteMatrix of a wiki (api), the table meta_p.wiki (meta), or a TSV file with the columns \
                dbname, url, lang, family and closed, and a header line.
                """
        )

        @OptionGroup var options: SettingsOptions

        @Option(help: "api, meta, or the path of a file.")
        var from: String

        @Option(help: "With api: the wiki to ask; what /api.php is appended to.")
        var url = "https://meta.wikimedia.org/w"

        @Flag(inversion: .prefixedNo, help: "Wait until it is done.")
        var wait = true

        func run() async throws {
            try await WikiSync.run(options.load(), from: from, url: url, wait: wait)
        }
    }
}
