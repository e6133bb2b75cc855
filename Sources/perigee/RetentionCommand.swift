import ArgumentParser
import CLI

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Removes now what the coordinator's settings (retention.*_days) say is not to be kept any longer.",
        discussion: "The coordinator does so by itself, once an hour."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Say how much there is, and remove nothing.")
    var dryRun = false

    func run() async throws {
        try await RetentionRun.run(options.load(), output.value, dryRun: dryRun)
    }
}
