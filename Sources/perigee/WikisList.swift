import ArgumentParser
import CLI

struct WikisList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists wikis, by name.")

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Only the wikis of this family, such as wikipedia.")
    var family: String?

    @Flag(help: "Also wikis that the list of wikis names no more.")
    var vanished = false

    func run() async throws {
        try await WikisView.list(options.load(), output.value, family: family, includingVanished: vanished)
    }
}
