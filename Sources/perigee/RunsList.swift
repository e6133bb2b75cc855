import ArgumentParser
import CLI

struct RunsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists runs, the newest first.",
        discussion: "Under FAILED are the jobs that failed, were quarantined or cancelled; under LEFT those that go on."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions

    @Flag(help: "Only those that have not ended.")
    var active = false

    func run() async throws {
        try await RunsView.list(options.load(), output.value, activeOnly: active, limit: limit.limit)
    }
}
