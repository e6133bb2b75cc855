import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "The work units of runs.",
        subcommands: [JobsList.self, JobsShow.self, JobsRetry.self, JobsCancel.self, JobsRelease.self]
    )
}
