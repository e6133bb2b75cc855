import ArgumentParser
import CLI

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Runs a worker, until SIGTERM or SIGINT."
    )

    @OptionGroup var options: SettingsOptions

    @Option(help: "The worker's name, unique among those that run.")
    var name: String?

    @Option(help: "Jobs to do at once.")
    var slots: Int?

    func run() async throws {
        try await Daemons.runWorker(options.load([.workerName: name, .workerSlots: slots.map(String.init)]))
    }
}
