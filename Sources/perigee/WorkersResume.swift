import ArgumentParser
import CLI

struct WorkersResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Has workers work again that were drained."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var target: WorkerTargetOptions

    func run() async throws {
        try await WorkerCordon.resume(options.load(), target.value)
    }
}
