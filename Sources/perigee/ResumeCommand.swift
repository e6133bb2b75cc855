import ArgumentParser
import CLI

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Ends a pause of a kind, a wiki or a site."
    )

    @OptionGroup var options: SettingsOptions

    @Argument(help: "What is paused, as perigee status shows it; with or without its kind:, wiki: or site:.")
    var name: String

    func run() async throws {
        try await Pausing.resume(options.load(), name: name)
    }
}
