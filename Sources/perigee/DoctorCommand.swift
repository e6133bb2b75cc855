import ArgumentParser
import CLI

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks settings, database, TLS, coordinator, wikis and work that is stuck; says what to do."
    )

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        try await Doctor.run(options.load())
    }
}
