import ArgumentParser
import CLI

struct JobsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ends jobs that are waiting, ready or leased.",
        discussion: "What depends on them is cancelled too. A worker hears of it with its next heartbeat, and stops."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var selection: JobSelectionOptions

    func run() async throws {
        try await selection.run(options.load(), .cancel)
    }
}
