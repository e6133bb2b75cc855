import ArgumentParser
import CLI

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Runs the coordinator, until SIGTERM or SIGINT.",
        discussion: """
            One coordinator works at a time: one that is started without --standby takes over from the one that works. \
            With --standby it waits, without listening, until that one has stopped, or wasn't heard for \
            coordinator.takeover_seconds. Where there are several, start all of them with --standby.
            """
    )

    @OptionGroup var options: SettingsOptions

    @Option(help: "Where to listen, as tls+tcp://HOST:PORT; port 0 for one that is free.")
    var listen: String?

    @Flag(help: "Wait until no other coordinator works, and then take over.")
    var standby = false

    func run() async throws {
        try await Daemons.runCoordinator(options.load([.coordinatorListen: listen]), standby: standby)
    }
}
