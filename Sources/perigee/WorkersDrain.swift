import ArgumentParser
import CLI

struct WorkersDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Has workers finish their jobs and leave; those started later stay idle until: workers resume.",
        discussion: """
            Jobs that aren't finished by the deadline go back at their next checkpoint, for others to go on with. A worker \
            that was at work ends with exit code 0 when it has no job any more. With --wait the exit code is 1 when jobs \
            are left after the deadline and the time of a lease.
            """
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var target: WorkerTargetOptions

    @Option(help: "Why, for those who see it in workers list and in the workers' logs.")
    var reason = ""

    @Option(help: "Give back what isn't finished after so long: a number with s, m, h or d, such as 10m.")
    var deadline: DurationArgument?

    @Flag(help: "Wait until they have no jobs any more.")
    var wait = false

    func run() async throws {
        try await WorkerCordon.drain(
            options.load(),
            target.value,
            reason: reason,
            deadline: deadline?.duration,
            wait: wait
        )
    }
}
