import ArgumentParser
import CLI
import Jobs

/// Which jobs a command changes.
struct JobSelectionOptions: ParsableArguments {
    @OptionGroup var output: OutputOptions

    @Argument(help: "The numbers of the jobs; in place of them a filter, or --all.")
    var jobs: [UInt64] = []

    @Option(name: .customLong("run"), help: "The jobs of this run, and those that it has joined.")
    var ofRun: UInt64?

    @Option(help: "The jobs of this kind, such as modules.")
    var kind: String?

    @Option(help: "The jobs of this wiki, by its database name.")
    var wiki: String?

    @Option(help: "The jobs in this state.")
    var state: String?

    @Flag(help: "All jobs of which it can be said.")
    var all = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Option(help: "Why, for the story of the jobs.")
    var reason: String?

    /// Does it.
    func run(_ settings: Settings, _ verb: JobsChange.Verb) async throws {
        var selection = JobsChange.Selection()
        selection.ids = jobs.map(JobID.init(rawValue:))
        selection.run = ofRun.map(RunID.init(rawValue:))
        selection.kind = kind
        selection.wiki = wiki
        selection.state = state
        selection.all = all
        try await JobsChange.run(settings, verb, selection, output.value, dryRun: dryRun, reason: reason)
    }
}
