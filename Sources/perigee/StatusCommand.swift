import ArgumentParser
import CLI
import Jobs

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how far runs have got, who works and what is held back.",
        discussion: """
            What runs have done is read from the tables, so that it works without the coordinator too. With --watch it \
            goes on until the runs have ended: on a terminal in place, in a pipe with a line for each change, and with \
            --output jsonl with an object a line. With --run, too, the exit code is 1 when jobs of the run failed.
            """
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Go on until the runs have ended.")
    var watch = false

    @Option(name: .customLong("run"), help: "Only this run, even when it has ended; can be given more than once.")
    var runs: [UInt64] = []

    @Option(help: "With --watch: look every so many seconds.")
    var interval = 1.0

    func validate() throws {
        guard (0.1...3600).contains(interval) else { throw ValidationError("--interval takes 0.1 to 3600") }
    }

    func run() async throws {
        try await Status.show(
            options.load(),
            output.value,
            runs: runs.map(RunID.init(rawValue:)),
            watch: watch,
            interval: .seconds(interval)
        )
    }
}
