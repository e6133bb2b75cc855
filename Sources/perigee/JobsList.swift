import ArgumentParser
import CLI
import Jobs

struct JobsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists jobs, the newest first.")

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions

    @Option(name: .customLong("run"), help: "Only the jobs of this run, and those that it has joined.")
    var ofRun: UInt64?

    @Option(help: "Only jobs that are waiting, ready, leased, done, failed, quarantined or cancelled.")
    var state: String?

    @Option(help: "Only jobs of this kind, such as modules.")
    var kind: String?

    @Option(help: "Only jobs of this wiki, by its database name.")
    var wiki: String?

    func run() async throws {
        try await JobsView.list(
            options.load(),
            output.value,
            run: ofRun.map(RunID.init(rawValue:)),
            state: state,
            kind: kind,
            wiki: wiki,
            limit: limit.limit
        )
    }
}
