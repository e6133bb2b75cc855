import ArgumentParser
import CLI
import FoundationEssentials

/// Flags that every command takes: they win over the environment, which wins over the file.
struct SettingsOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "The settings file; perigee.yaml in this directory when not given.")
    var file: String?

    @Option(help: "MySQL option file with user and password of the database.")
    var defaultsFile: String?

    @Option(
        name: .customLong("coordinator"),
        help: "Where the coordinator is reached, as tls+tcp://HOST:PORT; with standbys all, separated by commas."
    )
    var coordinator: String?

    @Option(help: "trace, debug, info, notice, warning or error.")
    var logLevel: String?

    /// The settings in force.
    func load(_ more: [SettingKey: String?] = [:]) throws -> Settings {
        var flags = more.compactMapValues { $0 }
        flags[.databaseDefaultsFile] = defaultsFile
        flags[.coordinatorAddress] = coordinator
        flags[.logLevel] = logLevel
        return try Settings(flags: flags, environment: ProcessInfo.processInfo.environment, file: file)
    }
}
