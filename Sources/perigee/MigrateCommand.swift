import ArgumentParser
import CLI

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the schema of the database to what this version of Perigee needs."
    )

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Flag(name: .customLong("show-sql"), help: "Show the SQL.")
    var showSQL = false

    func run() async throws {
        try await Migration.run(options.load(), dryRun: dryRun, showSQL: showSQL)
    }
}
