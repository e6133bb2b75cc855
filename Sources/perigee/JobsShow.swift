import ArgumentParser
import CLI
import Jobs

struct JobsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one job, where it has got to and everything that happened to it."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The number of the job.")
    var job: UInt64

    func run() async throws {
        try await JobsView.show(options.load(), output.value, job: JobID(rawValue: job))
    }
}
