import ArgumentParser

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "What was asked for, and what became of it.",
        subcommands: [RunsList.self, RunsShow.self, RunsCancel.self]
    )
}
