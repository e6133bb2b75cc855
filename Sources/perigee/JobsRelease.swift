import ArgumentParser
import CLI

struct JobsRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Takes leased jobs back from their workers, without blame.",
        discussion: "They are ready again and go on from their checkpoints, with any worker. It costs no attempt."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var selection: JobSelectionOptions

    func run() async throws {
        try await selection.run(options.load(), .release)
    }
}
