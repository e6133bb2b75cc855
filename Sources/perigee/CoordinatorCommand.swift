import ArgumentParser
import CLI

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Runs the coordinator, until SIGTERM or SIGINT."
    )

    @OptionGroup var options: SettingsOptions

    @Option(help: "Where to listen, as tls+tcp://HOST:PORT; port 0 for one that is free.")
    var listen: String?

    func run() async throws {
        try await Daemons.runCoordinator(options.load([.coordinatorListen: listen]))
    }
}
