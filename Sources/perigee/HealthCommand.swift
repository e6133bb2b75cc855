import ArgumentParser
import CLI

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Says whether the coordinator answers; exit code 69 when it doesn't."
    )

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        try await Health.run(options.load())
    }
}
