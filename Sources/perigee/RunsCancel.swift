import ArgumentParser
import CLI
import Jobs

struct RunsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ends a run, with those of its jobs that no other run waits for."
    )

    @OptionGroup var options: SettingsOptions

    @Argument(help: "The number of the run.")
    var number: UInt64

    @Option(help: "Why, for the story of the jobs.")
    var reason: String?

    func run() async throws {
        try await RunCancel.run(options.load(), run: RunID(rawValue: number), reason: reason)
    }
}
