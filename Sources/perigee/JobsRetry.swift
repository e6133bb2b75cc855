import ArgumentParser
import CLI

struct JobsRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Tries jobs again that failed, were quarantined or cancelled.",
        discussion: """
            They go on from their checkpoints, with all their attempts, and their runs are active again. Left out is a job \
            for whose kind and wiki another is active or, unless it is named by number, has come later.
            """
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var selection: JobSelectionOptions

    func run() async throws {
        try await selection.run(options.load(), .retry)
    }
}
