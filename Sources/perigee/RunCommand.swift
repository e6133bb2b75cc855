import ArgumentParser
import CLI

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Starts a run: plans the jobs of some kinds for some wikis."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "What to gather, such as modules.")
    var kinds: [String]

    @Option(help: "Only these wikis: database names, separated by commas.")
    var wikis: NameList?

    @Option(help: "Only the wikis of this family, such as wikipedia.")
    var family: String?

    @Flag(help: "Of modules only what has changed since the wikis were looked at last, by their lists of changes.")
    var changed = false

    @Option(help: "Where the stream is that follow reads; Wikimedia's recent changes when not given.")
    var url: String?

    @Flag(help: "Wait until the run has ended; exit code 1 when jobs failed.")
    var wait = false

    @Flag(help: "Say what the run would do, by what the tables know, and do nothing; needs no coordinator.")
    var plan = false

    func validate() throws {
        guard !plan || !wait else { throw ValidationError("--plan starts nothing that --wait could wait for") }
    }

    func run() async throws {
        if plan {
            return try await RunPlan.show(
                options.load(),
                output.value,
                kinds: kinds,
                wikis: wikis?.names ?? [],
                family: family,
                changed: changed,
                url: url
            )
        }
        try await RunStart.run(
            options.load(),
            kinds: kinds,
            wikis: wikis?.names ?? [],
            family: family,
            changed: changed,
            url: url,
            wait: wait
        )
    }
}
