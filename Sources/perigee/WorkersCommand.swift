import ArgumentParser

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "The processes that do the jobs.",
        subcommands: [WorkersList.self, WorkersDrain.self, WorkersResume.self]
    )
}
