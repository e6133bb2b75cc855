import ArgumentParser
import CLI
import Jobs

struct RunsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one run and what its jobs did."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The number of the run.")
    var number: UInt64

    func run() async throws {
        try await RunsView.show(options.load(), output.value, run: RunID(rawValue: number))
    }
}
