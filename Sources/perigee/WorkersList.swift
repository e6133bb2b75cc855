import ArgumentParser
import CLI

struct WorkersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists workers, as the tables have them; SEEN is to the minute or so.",
        discussion: """
            STATE is running, left or lost; draining while a worker that is drained still has jobs, drained when it has \
            none any more and leaves, and cordoned for one that was started meanwhile and stays idle.
            """
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions

    @Flag(help: "Also those that have left or were lost.")
    var all = false

    func run() async throws {
        try await WorkersView.list(options.load(), output.value, includingGone: all, limit: limit.limit)
    }
}
